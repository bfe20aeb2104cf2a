import type { Address, TcpBindOptions } from '../bind.ts';
import type { TcpTransport } from './transport.ts';

/** What an acceptor tells its listener. */
export interface AcceptorEvents {
  onConnection(transport: TcpTransport): void;
  /** A connection could not be accepted. @param code such as `EMFILE` */
  onError(code: string): void;
}

/** Accepts the connections of one listener. */
export interface TcpAcceptor {
  readonly engine: 'epoll' | 'net';
  /** Accepts them on one more address. @throws ListenError that says what to do */
  listen(options: TcpBindOptions): Promise<Address>;
  /** Accepts the connections that wait, as closing resets them: as many as the accept queues hold at most. */
  acceptQueued(): Promise<void>;
  /** Accepts no more connections. */
  close(): void;
  /** Calls back behind all that connections can read now. */
  soon(task: () => void): void;
}
