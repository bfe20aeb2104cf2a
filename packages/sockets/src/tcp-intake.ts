import { createServer, type Server } from 'node:net';
import { type Address, bindTcp, type TcpBindOptions } from './bind.ts';
import { PlainWire } from './plain-wire.ts';
import type { TcpWire } from './tcp-wire.ts';

/** Who is told of what comes in. */
export interface Arrivals {
  arrived(wire: TcpWire): void;
  /** @param code such as `EMFILE` */
  failed(code: string): void;
}

/** Lets the connections of one listener in. */
export interface TcpIntake {
  /** Lets them in on one more address. @throws ListenError that says what to do */
  listen(place: TcpBindOptions): Promise<Address>;
  /** Lets nobody in any more, but for those that have connected where that can be told. */
  close(): void;
  /** Calls back behind all that connections can read now. */
  soon(task: () => void): void;
}

/** By `net.Server`, which every system has. */
export class PlainIntake implements TcpIntake {
  readonly #arrivals: Arrivals;
  readonly #servers: Server[] = [];

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals;
  }

  listen(place: TcpBindOptions): Promise<Address> {
    // Half-open connections are the protocol's business: RFC 862 answers what came before the FIN.
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    this.#servers.push(server);
    server.once('listening', () => {
      server.on('error', (error: NodeJS.ErrnoException) => this.#arrivals.failed(error.code ?? 'UNKNOWN'));
      server.on('connection', (socket) => this.#arrivals.arrived(new PlainWire(socket)));
    });
    return bindTcp(server, place);
  }

  close(): void {
    for (const server of this.#servers) server.close();
  }

  soon(task: () => void): void {
    setImmediate(task);
  }
}
