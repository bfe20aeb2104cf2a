import { EPOLLIN } from '../constants.ts';
import type { Libc } from '../ffi.ts';
import { SocketPoll } from '../socket-poll.ts';

/** A file on an EpollLoop: a connection, or a socket with a queue that many peers share. */
export interface Watched {
  readonly fd: number;
  /** Tells it from those that had the same descriptor before; from `nextGeneration`. */
  readonly generation: number;
  /** @param events of epoll_ctl(2) */
  ready(events: number): void;
}

/**
 * The sockets of a loop on whose queue many peers wait, for a connection or with a datagram: it serves them between the
 * connections and not behind all of them.
 */
export class SharedQueues {
  readonly #libc: Libc;
  #sockets: readonly Watched[] = [];
  #poll: SocketPoll | undefined;

  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** @returns takes it out again */
  add(socket: Watched): () => void {
    this.#set([...this.#sockets, socket]);
    return () => this.#set(this.#sockets.filter((other) => other !== socket));
  }

  /** Serves those where somebody waits: for all queues one system call, a tenth of what accept4(2) costs. */
  serve(): void {
    const poll = this.#poll;
    if (poll === undefined) return;
    const sockets = this.#sockets;
    poll.look();
    for (let index = 0; index < sockets.length; index += 1) {
      if (poll.ready(index)) sockets[index]!.ready(EPOLLIN);
    }
  }

  #set(sockets: readonly Watched[]): void {
    this.#sockets = sockets;
    this.#poll = sockets.length > 0 ? new SocketPoll(this.#libc, sockets) : undefined;
  }
}
