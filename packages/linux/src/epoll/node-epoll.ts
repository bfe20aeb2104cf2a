import { Socket } from 'node:net';
import { setImmediate } from 'node:timers';
import { EPOLLIN, O_CLOEXEC, O_NONBLOCK } from '../constants.ts';
import { type Libc, systemError } from '../ffi.ts';
import { Epoll } from './epoll.ts';
import { libuvPoll } from './libuv-poll.ts';
import type { Watched } from './shared-queues.ts';

/**
 * Sockets that Node's own loop waits for beside its own. Its wait ends as soon as one of them is ready, and they are
 * served right behind it, before any immediate that was asked for since. Timers and immediates keep their time: what
 * measures needs that, while `EpollLoop` gives it up for cheap connections.
 *
 * Node's wait ends by an entry in its epoll instance: this one, which is readable for as long as one of its sockets is
 * ready, in the name of a pipe that is always empty. Node then reads the pipe, finds nothing, and goes on.
 */
export class NodeEpoll {
  readonly #epoll: Epoll;
  readonly #pipe: Socket;
  /** By descriptor. */
  readonly #watched: (Watched | undefined)[] = [];
  #watchedCount = 0;
  #lastGeneration = 0;

  private constructor(epoll: Epoll, pipe: Socket) {
    this.#epoll = epoll;
    this.#pipe = pipe;
    this.#turn();
  }

  /** @returns that of this thread, or why there is none to be had */
  static async open(libc: Libc): Promise<NodeEpoll | { readonly reason: string }> {
    const libuv = await libuvPoll(libc);
    if (libuv === undefined) return { reason: "the system does not tell which epoll instance is Node's" };
    try {
      const epoll = new Epoll(libc);
      const { readEnd, socket } = emptyPipe(libc);
      epoll.addTo(libuv, readEnd, EPOLLIN);
      return new NodeEpoll(epoll, socket);
    } catch (error) {
      return { reason: (error as Error).message };
    }
  }

  nextGeneration(): number {
    this.#lastGeneration = (this.#lastGeneration + 1) | 0;
    return this.#lastGeneration;
  }

  /**
   * Keeps Node's loop going until the file is removed. `ready` is called again for as long as the file is ready: to read
   * one datagram at a time is enough.
   *
   * @throws Error of the system
   */
  add(file: Watched, events: number): void {
    this.#epoll.add(file.fd, file.generation, events);
    this.#watched[file.fd] = file;
    this.#watchedCount += 1;
    if (this.#watchedCount === 1) this.#pipe.ref();
  }

  change({ fd, generation }: Watched, events: number): void {
    this.#epoll.change(fd, generation, events);
  }

  /** Before its descriptor is closed, which takes it out of the epoll instance. */
  remove({ fd }: Watched): void {
    this.#watched[fd] = undefined;
    this.#watchedCount -= 1;
    if (this.#watchedCount === 0) this.#pipe.unref();
  }

  readonly #turn = (): void => {
    // First, so that it is the first again. Unreferenced, an immediate does not keep Node from waiting.
    setImmediate(this.#turn).unref();
    if (this.#watchedCount === 0) return;
    const epoll = this.#epoll;
    const count = epoll.wait(0);
    for (let index = 0; index < count; index += 1) {
      const file = this.#watched[epoll.fd(index)];
      if (file !== undefined && file.generation === epoll.user(index)) file.ready(epoll.events(index));
    }
  };
}

/** A pipe of Node's that nothing comes through, and the descriptor that Node reads it by. */
function emptyPipe(libc: Libc): { readonly readEnd: number; readonly socket: Socket } {
  const { pipe2 } = libc.functions({ pipe2: { arguments: ['pointer', 'i32'], return: 'i32' } });
  const ends = new Int32Array(new ArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  if (pipe2(ends.buffer, O_NONBLOCK | O_CLOEXEC) < 0) throw systemError('pipe2', libc.errno());
  const [readEnd = -1, writeEnd = -1] = ends;
  const socket = new Socket({ fd: readEnd, readable: true, writable: false });
  const writer = new Socket({ fd: writeEnd, readable: false, writable: true });
  // Open as long as the other one, or that would be at its end.
  socket.once('close', () => writer.destroy());
  for (const end of [socket, writer]) end.unref();
  return { readEnd, socket };
}
