import type { IcmpReport } from './error-report.ts';

/** The events of a socket. A handler may close the socket. */
export interface AsyncUdpEvents {
  /** @param datagram valid until this returns, as are `ttl`, `trafficClass` and `receivedAt` of the socket */
  received(datagram: Buffer): void;
  /** An ICMP message to an earlier datagram has come. The socket stays open. */
  reported(report: IcmpReport): void;
  /** Any other error of the socket, which stays open too. */
  failed(error: NodeJS.ErrnoException): void;
}

export interface SendOptions {
  /** The destination, where the socket is not connected: from `sockaddrOf`. */
  readonly to?: Uint8Array;
  /** TTL of this datagram and, until another one has its own, of later ones. */
  readonly ttl?: number;
  /** With `timestamps`: when the datagram was sent, milliseconds since the Unix epoch. Some devices stamp nothing. */
  readonly stamped?: (sentAt: number) => void;
}

/** A datagram that waits for room in the send buffer. */
export interface Unsent {
  readonly bytes: Uint8Array;
  readonly options: SendOptions;
  readonly done: (error?: NodeJS.ErrnoException) => void;
}
