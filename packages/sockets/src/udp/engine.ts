import type { BoundAddress } from '@echo-daytime/worker';
import type { UdpRules } from './policy.ts';

/** Values of UDP_ENGINE; `auto` is `batch` where the system has it. */
export type UdpEngineChoice = 'auto' | 'batch' | 'dgram';

/**
 * What the kernel may queue for us while we are busy: a datagram dropped here would be blamed on the path. The
 * kernel caps it at net.core.rmem_max. Bytes.
 */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * The answer to one datagram. Called for each; what it returns may be shared by many answers. The request is the
 * caller's memory: it holds other bytes when the next one comes.
 */
export type UdpProtocol = (request: Buffer) => Uint8Array;

export interface UdpListenerOptions extends UdpRules {
  /** Value of the metric label `listener`. */
  readonly name: string;
  readonly host: readonly string[];
  readonly port: number;
  /** The configuration key that sets the port, for messages. */
  readonly portKey: string;
  readonly udpEngine: UdpEngineChoice;
}

/** What moves the bytes of one listener. */
export interface UdpEngine {
  readonly addresses: readonly BoundAddress[];
  /** Stops reading and closes the sockets; every datagram read before has been answered. */
  drain(): Promise<void>;
}

/** `::` leaves IPv4 to 0.0.0.0 where both are listened on; otherwise it takes both. */
export function leavesIpv4(hosts: readonly string[]): boolean {
  return hosts.includes('0.0.0.0');
}
