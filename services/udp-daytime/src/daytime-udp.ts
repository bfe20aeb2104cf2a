import { type FormatName, requestedFormat } from '@echo-daytime/daytime-format';
import type { UdpProtocol } from '@echo-daytime/sockets';

/**
 * RFC 867, UDP based daytime service: any datagram, an empty one too, is answered with the line of this moment. One
 * that holds the name of a format gets that format.
 *
 * @param line the line of this moment
 */
export function daytimeUdp(format: FormatName, line: (format: FormatName) => Uint8Array): UdpProtocol {
  return (request) => line(requestedFormat(request) ?? format);
}
