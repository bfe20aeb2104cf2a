import type { UdpProtocol } from '@echo-daytime/sockets';

/**
 * RFC 867, UDP based daytime service: any datagram, an empty one too, is answered with the line of this moment;
 * what it holds does not matter.
 *
 * @param nextLine the line of this moment
 */
export function daytimeUdp(nextLine: () => Uint8Array): UdpProtocol {
  return () => nextLine();
}
