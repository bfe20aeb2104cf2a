import type { IpAddress } from '@echo-daytime/addresses';
import type { Failed } from './each-address.ts';
import type { SocketError } from './failure.ts';

/** What the kernel knows of a received datagram; NaN where it does not. */
export interface DatagramFacts {
  /** Its timestamp, milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** The whole byte, DSCP and ECN. */
  readonly trafficClass: number;
}

/** Is told what happens on a socket. */
export interface UdpEvents {
  /**
   * @param datagram valid until this returns, as are its facts
   * @param facts undefined where the engine has none
   */
  received(datagram: Buffer, facts?: DatagramFacts): void;
  /** The socket goes on: an ICMP message may concern one datagram alone. */
  failed(error: SocketError): void;
}

/** A datagram that a socket has taken. */
export interface SentDatagram {
  /** The kernel's timestamp, milliseconds since the Unix epoch; undefined before the datagram is sent, and where there is none. */
  readonly sentAt?: number | undefined;
}

/** A connected UDP socket. */
export interface UdpSocket {
  /** Our end. */
  readonly local: { readonly address: string; readonly port: number };
  /** Starts to deliver events; or gives them to somebody else, without a gap. Before there are none. */
  listen(events: UdpEvents): void;
  /** @param done is called when the system has the datagram, or later with why it has not */
  send(bytes: Buffer, done: (error?: SocketError | null) => void): SentDatagram;
  close(): void;
}

export interface OpenedUdp {
  readonly socket: UdpSocket;
  /** `host:port` */
  readonly remote: string;
}

export interface UdpOptions {
  /** No router may divide a datagram, nor does this host. */
  readonly dontFragment?: boolean;
  /** The source port; one that the system chooses where it is undefined. */
  readonly localPort?: number | undefined;
  /** Timestamps of the kernel, where the engine has them. */
  readonly timestamps?: boolean;
  /** The whole byte, DSCP and ECN, of every datagram; only for engines that are not `limited`. */
  readonly trafficClass?: number;
  /** Whether to get the traffic class of received datagrams, where the engine has it. */
  readonly receiveHeader?: boolean;
}

/** What opens the UDP sockets of the prober. */
export interface UdpEngine {
  readonly name: 'batch' | 'dgram';
  /** Why it can't set options nor tell who sent an ICMP message; undefined where it can. */
  readonly limited?: string;
  open(address: IpAddress, port: number, options?: UdpOptions): Promise<OpenedUdp | Failed>;
}
