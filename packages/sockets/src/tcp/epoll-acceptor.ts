import { closeSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { EPOLLIN, EpollLoop, type SavedSyns, type Watched } from '@echo-daytime/linux';
import type { OpenDescriptors } from '@echo-daytime/worker';
import { type Address, bindTcp, type TcpBindOptions } from '../bind.ts';
import { descriptorOf } from '../descriptors.ts';
import type { AcceptorEvents, TcpAcceptor } from './acceptor.ts';
import { EpollTransport } from './epoll-transport.ts';

/** Connections accepted per turn: a flood of new connections must not delay the open ones. */
const ACCEPTS_PER_TURN = 16;
/** Time to the next try after accept4(2) failed. The socket stays readable: without it the loop spins. Milliseconds. */
const RETRY_MS = 100;
/** Errors of one connection, not of the queue: the next connection may be fine (accept(2), "Error handling"). */
const TRANSIENT_ACCEPT_ERRORS: readonly string[] = [
  'ECONNABORTED',
  'EINTR',
  'EPERM',
  'EPROTO',
  'ENOPROTOOPT',
  'EOPNOTSUPP',
  'ENETDOWN',
  'ENETUNREACH',
  'ENONET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
];

/** @returns the acceptor, or why this system can't have one */
export async function openEpollAcceptor(
  events: AcceptorEvents,
  descriptors: OpenDescriptors,
  syns?: SavedSyns,
): Promise<EpollAcceptor | { readonly reason: string }> {
  const loop = await EpollLoop.open();
  return 'reason' in loop ? loop : new EpollAcceptor(loop, events, descriptors, syns);
}

/** Accepts by accept4(2), on an EpollLoop. */
export class EpollAcceptor implements TcpAcceptor {
  readonly engine = 'epoll';
  readonly #loop: EpollLoop;
  readonly #events: AcceptorEvents;
  readonly #open: Uint8Array;
  readonly #syns: SavedSyns | undefined;
  readonly #queues: ListenQueue[] = [];

  constructor(loop: EpollLoop, events: AcceptorEvents, { open }: OpenDescriptors, syns?: SavedSyns) {
    this.#loop = loop;
    this.#syns = syns;
    this.#events = events;
    this.#open = open;
  }

  /** Node binds and listens; then the loop takes the socket over. */
  async listen(options: TcpBindOptions): Promise<Address> {
    const server = createServer();
    const address = await bindTcp(server, options);
    // In the same turn as listen(2): Node's event loop can't have accepted a connection yet.
    this.#takeOver(server, options.backlog);
    return address;
  }

  async acceptQueued(): Promise<void> {
    for (const queue of this.#queues) queue.acceptQueued();
  }

  close(): void {
    for (const queue of this.#queues.splice(0)) queue.close();
  }

  soon(task: () => void): void {
    this.#loop.soon(task);
  }

  #takeOver(server: Server, backlog: number): void {
    const fd = this.#loop.tracked(descriptorOf(server));
    this.#syns?.keep(fd);
    this.#queues.push(
      new ListenQueue(fd, backlog, this.#loop, this.#open, {
        onConnection: (accepted) => this.#onConnection(accepted),
        onError: (code) => this.#events.onError(code),
      }),
    );
    server.close();
  }

  #onConnection(fd: number): void {
    const peer = this.#loop.calls.lastAddress();
    const transport = new EpollTransport(fd, peer, this.#loop, this.#open, this.#syns);
    this.#events.onConnection(transport);
    transport.begin();
  }
}

interface ListenQueueEvents {
  /** @param fd of a connection; `lastAddress` of the calls is its peer */
  onConnection(fd: number): void;
  onError(code: string): void;
}

/** The accept queue of one listening socket. */
class ListenQueue implements Watched {
  readonly fd: number;
  readonly generation: number;
  readonly #backlog: number;
  readonly #loop: EpollLoop;
  readonly #open: Uint8Array;
  readonly #events: ListenQueueEvents;
  readonly #leaveQueues: () => void;
  #retry: NodeJS.Timeout | undefined;

  constructor(fd: number, backlog: number, loop: EpollLoop, open: Uint8Array, events: ListenQueueEvents) {
    this.fd = fd;
    this.#backlog = backlog;
    this.#loop = loop;
    this.#open = open;
    this.#events = events;
    this.generation = loop.nextGeneration();
    loop.calls.setNoDelay(fd);
    loop.register(this);
    loop.watch(this, EPOLLIN);
    // Without this a new connection would wait until all busy connections have had their turn.
    this.#leaveQueues = loop.sharedQueues.add(this);
  }

  ready(): void {
    if (this.#retry === undefined) this.#accept(ACCEPTS_PER_TURN);
  }

  acceptQueued(): void {
    this.#accept(this.#backlog + 1);
  }

  close(): void {
    this.#leaveQueues();
    clearTimeout(this.#retry);
    this.#loop.unregister(this);
    closeSync(this.fd);
  }

  #accept(most: number): void {
    for (let accepted = 0; accepted < most; accepted += 1) {
      const fd = this.#loop.calls.accept(this.fd, this.#open);
      if (fd >= 0) {
        this.#events.onConnection(fd);
        continue;
      }
      const code = this.#loop.calls.errorCode();
      if (TRANSIENT_ACCEPT_ERRORS.includes(code)) continue;
      if (code !== 'EAGAIN') this.#failed(code);
      return;
    }
  }

  #failed(code: string): void {
    this.#events.onError(code);
    this.#loop.rewatch(this, 0);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#loop.rewatch(this, EPOLLIN);
    }, RETRY_MS);
  }
}
