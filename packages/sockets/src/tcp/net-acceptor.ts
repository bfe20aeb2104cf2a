import { createServer, type Server } from 'node:net';
import type { SavedSyns } from '@echo-daytime/linux';
import { type Address, bindTcp, type TcpBindOptions } from '../bind.ts';
import { descriptorOf } from '../descriptors.ts';
import type { AcceptorEvents, TcpAcceptor } from './acceptor.ts';
import { NetTransport } from './net-transport.ts';

/** Accepts by `net.Server`, on every system. */
export class NetAcceptor implements TcpAcceptor {
  readonly engine = 'net';
  readonly #events: AcceptorEvents;
  readonly #syns: SavedSyns | undefined;
  readonly #servers: Server[] = [];
  #backlog = 0;
  #accepted = 0;

  constructor(events: AcceptorEvents, syns?: SavedSyns) {
    this.#events = events;
    this.#syns = syns;
  }

  listen(options: TcpBindOptions): Promise<Address> {
    // The protocol decides what follows the peer's FIN: echo still replies to what came before it (RFC 862).
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    this.#servers.push(server);
    this.#backlog = options.backlog;
    server.once('listening', () => {
      this.#syns?.keep(descriptorOf(server));
      server.on('error', (error: NodeJS.ErrnoException) => this.#events.onError(error.code ?? 'UNKNOWN'));
      server.on('connection', (socket) => {
        this.#accepted += 1;
        this.#events.onConnection(new NetTransport(socket, this.#syns));
      });
    });
    return bindTcp(server, options);
  }

  /** A turn of Node's event loop accepts one connection of each queue. */
  async acceptQueued(): Promise<void> {
    // The current turn may already be past its look at the sockets.
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
