import { createServer, type Server } from 'node:net';
import { type Address, bindTcp, type TcpBindOptions } from '../bind.ts';
import type { AcceptorEvents, TcpAcceptor } from './acceptor.ts';
import { NetTransport } from './net-transport.ts';

/** By `net.Server`, which every system has. */
export class NetAcceptor implements TcpAcceptor {
  readonly engine = 'net';
  readonly #events: AcceptorEvents;
  readonly #servers: Server[] = [];
  #backlog = 0;
  #accepted = 0;

  constructor(events: AcceptorEvents) {
    this.#events = events;
  }

  listen(options: TcpBindOptions): Promise<Address> {
    // Half-open connections are the protocol's business: RFC 862 answers what came before the FIN.
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    this.#servers.push(server);
    this.#backlog = options.backlog;
    server.once('listening', () => {
      server.on('error', (error: NodeJS.ErrnoException) => this.#events.onError(error.code ?? 'UNKNOWN'));
      server.on('connection', (socket) => {
        this.#accepted += 1;
        this.#events.onConnection(new NetTransport(socket));
      });
    });
    return bindTcp(server, options);
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
