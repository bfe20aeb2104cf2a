import { Socket } from 'node:net';
import { setImmediate } from 'node:timers';
import { EPOLLIN, O_CLOEXEC, O_NONBLOCK } from '../constants.ts';
import { type Libc, systemError } from '../ffi.ts';
import { Epoll } from './epoll.ts';
import { libuvPoll } from './libuv-poll.ts';
import type { Watched } from './shared-queues.ts';

/**
 * Sockets that Node's own loop waits for. The wait of Node's loop ends as soon as one of them is ready, and they are
 * served right after it, before later immediates. Timers and immediates stay on time, which a measurement needs;
 * `EpollLoop` gives that up for cheap connections.
 *
 * This epoll instance is added to Node's, under the descriptor of a pipe that is always empty. It is readable while one
 * of its sockets is ready, which ends Node's wait. Node then reads the pipe, finds no byte, and goes on.
 */
export class NodeEpoll {
  readonly #epoll: Epoll;
  readonly #pipe: Socket;
  /** By descriptor. */
  readonly #watched: (Watched | undefined)[] = [];
  #watchedCount = 0;
  #refs = 0;
  #lastGeneration = 0;

  private constructor(epoll: Epoll, pipe: Socket) {
    this.#epoll = epoll;
    this.#pipe = pipe;
    this.#turn();
  }

  /** @returns the instance of this thread, or why this system can't have one */
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
   * Level-triggered: `ready` is called again while the file is ready, so a handler may read one datagram at a time.
   *
   * @throws Error of the system
   */
  add(file: Watched, events: number): void {
    this.#epoll.add(file.fd, file.generation, events);
    this.#watched[file.fd] = file;
    this.#watchedCount += 1;
  }

  /** Keeps Node's loop going until as many `unref`. */
  ref(): void {
    this.#refs += 1;
    if (this.#refs === 1) this.#pipe.ref();
  }

  unref(): void {
    this.#refs -= 1;
    if (this.#refs === 0) this.#pipe.unref();
  }

  change({ fd, generation }: Watched, events: number): void {
    this.#epoll.change(fd, generation, events);
  }

  /** Called before the descriptor is closed, which also removes it from the epoll instance. */
  remove({ fd }: Watched): void {
    this.#watched[fd] = undefined;
    this.#watchedCount -= 1;
  }

  readonly #turn = (): void => {
    // Set again first, so that it stays the first immediate. An unreferenced immediate does not shorten Node's wait.
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

/** A pipe that stays empty, as a socket of Node, and the descriptor that Node reads. */
function emptyPipe(libc: Libc): { readonly readEnd: number; readonly socket: Socket } {
  const { pipe2 } = libc.functions({ pipe2: { arguments: ['pointer', 'i32'], return: 'i32' } });
  const ends = new Int32Array(new ArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  if (pipe2(ends.buffer, O_NONBLOCK | O_CLOEXEC) < 0) throw systemError('pipe2', libc.errno());
  const [readEnd = -1, writeEnd = -1] = ends;
  const socket = new Socket({ fd: readEnd, readable: true, writable: false });
  const writer = new Socket({ fd: writeEnd, readable: false, writable: true });
  // The write end stays open, because the read end would otherwise be at its end.
  socket.once('close', () => writer.destroy());
  for (const end of [socket, writer]) end.unref();
  return { readEnd, socket };
}
