import { createServer, type Server } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { descriptorOf } from './descriptors.ts';
import { openLibc } from './native/libc.ts';
import { type TcpCalls, tcpCalls } from './native/tcp-calls.ts';
import { DirectWires, type OpenWire, plainWire, type TcpHandle } from './tcp-wire.ts';

/**
 * libuv accepts one connection, then turns to all that is readable: under load those behind it wait a round of the
 * busy ones each. So the queue is emptied with it, up to here, for the busy ones are not to wait for a crowd either.
 */
const ACCEPTS_PER_TURN = 64;

/** Lost between the queue and here; the next one may be well (accept(2), "Error handling"). */
const LOST: readonly string[] = ['ECONNABORTED', 'EINTR', 'EPROTO', 'EPERM'];

/** The part of `net.Server` that Node keeps to itself. */
interface ServerHandle {
  readonly fd: number;
  onconnection: (status: number | undefined, handle: TcpHandle) => void;
}

/** Who is told of what comes in. */
export interface Arrivals {
  /** @param descriptor its number, -1 where it has none */
  arrived(open: OpenWire, descriptor: number): void;
  /** @param code such as `EMFILE` */
  failed(code: string): void;
  /** There is no short way: called once at most. */
  slow(reason: string): void;
}

/** Lets the connections of one listener in: the short way where the system has one, by `net.Server` otherwise. */
export class TcpIntake {
  readonly #arrivals: Arrivals;
  #way:
    | { readonly name: 'direct'; readonly calls: TcpCalls; readonly wires: DirectWires }
    | { readonly name: 'plain' };

  constructor(arrivals: Arrivals) {
    this.#arrivals = arrivals;
    const libc = openLibc();
    if ('reason' in libc) {
      this.#way = { name: 'plain' };
      arrivals.slow(libc.reason);
    } else {
      const calls = tcpCalls(libc);
      this.#way = { name: 'direct', calls, wires: new DirectWires(calls) };
    }
  }

  /** A server whose connections are let in as soon as it is bound. */
  server(): Server {
    // Half-open connections are the protocol's business: RFC 862 answers what came before the FIN.
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    server.once('listening', () => this.#begin(server));
    return server;
  }

  #begin(server: Server): void {
    server.on('error', (error: NodeJS.ErrnoException) => this.#arrivals.failed(error.code ?? 'UNKNOWN'));
    const handle = handleOf(server);
    if (this.#way.name === 'direct' && handle === undefined) {
      this.#way = { name: 'plain' };
      this.#arrivals.slow('this Node keeps its listening sockets to itself');
    }
    if (this.#way.name === 'plain' || handle === undefined) {
      server.on('connection', (socket) => this.#arrivals.arrived(plainWire(socket), descriptorOf(socket)));
      return;
    }
    const { calls, wires } = this.#way;
    calls.setNoDelay(handle.fd);
    handle.onconnection = (status, first) => {
      if (status) {
        this.#arrivals.failed(getSystemErrorName(status));
        return;
      }
      this.#arrivals.arrived(wires.ofHandle(first), first.fd);
      for (let accepted = 1; accepted < ACCEPTS_PER_TURN && server.listening; accepted += 1) {
        const fd = calls.accept(handle.fd);
        if (fd >= 0) {
          this.#arrivals.arrived(wires.ofDescriptor(fd), fd);
          continue;
        }
        const code = calls.errorCode();
        if (LOST.includes(code)) continue;
        if (code !== 'EAGAIN') this.#arrivals.failed(code);
        return;
      }
    };
  }
}

function handleOf(server: Server): ServerHandle | undefined {
  const { _handle: handle } = server as unknown as { _handle?: ServerHandle };
  return typeof handle?.onconnection === 'function' && handle.fd >= 0 ? handle : undefined;
}
