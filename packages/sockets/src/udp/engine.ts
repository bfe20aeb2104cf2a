import type { Clock } from '@echo-daytime/linux';
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

/** What an engine knows of a request beside its bytes. One object for all requests, valid during the call. */
export interface RequestHeader {
  /** Of the IP header; NaN where the engine can't know it. */
  readonly ttl: number;
  /** DSCP and ECN, the whole byte; NaN where the engine can't know it. */
  readonly trafficClass: number;
  /** When the request was received, by the kernel or, where the engine has no such stamp, by this process: Unix time. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Source and, where the engine knows it, destination: the same words for the requests of one flow, for no others. */
  readonly flow: Int32Array;
  /** What the reply is to be sent with; NaN is the system's default. Has an effect where `trafficClass` is known. */
  replyTrafficClass: number;
}

/** A protocol that tells how requests arrive. */
export interface HeaderProtocol {
  /**
   * Makes the reply to one request; undefined where the request is malformed. The same memory rules as for UdpProtocol.
   *
   * @param clock the clock of the header's times
   */
  reply(request: Buffer, header: RequestHeader, clock: Clock): Uint8Array | undefined;
  /** The kernel has the replies that were made since the last call. */
  sent(clock: Clock): void;
}

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
