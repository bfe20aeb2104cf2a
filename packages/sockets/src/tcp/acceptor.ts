import type { Address, TcpBindOptions } from '../bind.ts';
import type { TcpTransport } from './transport.ts';

/** The events of an acceptor, for its listener. */
export interface AcceptorEvents {
  onConnection(transport: TcpTransport): void;
  /** A connection could not be accepted. @param code such as `EMFILE` */
  onError(code: string): void;
}

/** Accepts the connections of one listener. */
export interface TcpAcceptor {
  readonly engine: 'epoll' | 'net';
  /** Accepts connections on one more address. @throws ListenError that says what to do */
  listen(options: TcpBindOptions): Promise<Address>;
  /** Accepts the connections in the accept queues: closing would reset them. */
  acceptQueued(): Promise<void>;
  /** Accepts no more connections. */
  close(): void;
  /** Calls back after all bytes that have arrived are read. */
  soon(task: () => void): void;
}
