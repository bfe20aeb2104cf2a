import { createServer, type Server } from 'node:net';
import { type Address, bindTcp, type TcpBindOptions } from '../bind.ts';
import { PlainWire } from './net-transport.ts';
import type { TcpWire } from './transport.ts';

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
  /** Accepts the connections that wait, as closing resets them: as many as the accept queues hold at most. */
  acceptQueued(): Promise<void>;
  /** Accepts no more connections. */
  close(): void;
  /** Calls back behind all that connections can read now. */
  soon(task: () => void): void;
}

/** By `net.Server`, which every system has. */
export class PlainIntake implements TcpIntake {
  readonly #arrivals: Arrivals;
  readonly #servers: Server[] = [];
  #backlog = 0;
  #accepted = 0;

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals;
  }

  listen(place: TcpBindOptions): Promise<Address> {
    // Half-open connections are the protocol's business: RFC 862 answers what came before the FIN.
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    this.#servers.push(server);
    this.#backlog = place.backlog;
    server.once('listening', () => {
      server.on('error', (error: NodeJS.ErrnoException) => this.#arrivals.failed(error.code ?? 'UNKNOWN'));
      server.on('connection', (socket) => {
        this.#accepted += 1;
        this.#arrivals.arrived(new PlainWire(socket));
      });
    });
    return bindTcp(server, place);
  }

  /** A turn of Node's event loop accepts one connection of each queue. */
  async acceptQueued(): Promise<void> {
    // The rest of this turn may not look at the sockets any more.
    await nextTurn();
    for (let turns = 0, before = -1; turns <= this.#backlog && before !== this.#accepted; turns += 1) {
      before = this.#accepted;
      await nextTurn();
    }
  }

  close(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  soon(task: () => void): void {
    setImmediate(task);
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
