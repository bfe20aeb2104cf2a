import type { BoundAddress } from '@echo-daytime/worker';
import type { UdpRules } from './policy.ts';

/** Values of UDP_ENGINE; `auto` is `batch` where the system has it. */
export type UdpEngineChoice = 'auto' | 'batch' | 'dgram';

/**
 * The receive buffer: it holds the datagrams that arrive while we are busy. A datagram dropped here would look lost on
 * the path. The kernel caps it at net.core.rmem_max. Bytes.
 */
export const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/**
 * Makes the reply to one request. Many replies may share the returned memory. The memory of the request is reused for
 * the next datagram.
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

/** Moves the datagrams of one listener. */
export interface UdpEngine {
  readonly addresses: readonly BoundAddress[];
  /** Stops reading, replies to every datagram read before, and closes the sockets. */
  drain(): Promise<void>;
}

/** Whether the socket on `::` must not serve IPv4, because 0.0.0.0 has a socket of its own. */
export function leavesIpv4(hosts: readonly string[]): boolean {
  return hosts.includes('0.0.0.0');
}
