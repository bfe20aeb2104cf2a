import { BATCH_DATAGRAMS, EPOLLIN, type EpollLoop, type Watched } from '@echo-daytime/linux';

/** A turn of the loop goes on receiving until it has this many datagrams, or the receive buffer is empty. */
const DATAGRAMS_PER_TURN = BATCH_DATAGRAMS;
/** The same while connections wait for the next turn. */
const DATAGRAMS_BESIDE_CONNECTIONS = 16;
const NOT_WATCHED = 0;

/**
 * A UDP socket on the loop. While it is busy, every turn reads it and epoll does not watch it: watching would make each
 * datagram a tenth more expensive.
 */
export class BatchSocket implements Watched {
  readonly fd: number;
  readonly generation: number;
  readonly #loop: EpollLoop;
  readonly #serve: (socket: BatchSocket, limit: number) => number;
  readonly #leaveQueues: () => void;
  #awaited = EPOLLIN;
  #watchedFor = NOT_WATCHED;
  /** The loop will call back in its next turn, also without an event. */
  #isNext = false;
  #isClosed = false;

  /** @param serve receives at most `limit` datagrams and sends the replies; returns how many it received */
  constructor(fd: number, loop: EpollLoop, serve: (socket: BatchSocket, limit: number) => number) {
    this.fd = fd;
    this.#loop = loop;
    this.#serve = serve;
    this.generation = loop.nextGeneration();
    loop.register(this);
    this.#watch(EPOLLIN);
    // Without this a datagram would wait until all busy connections have had their turn.
    this.#leaveQueues = loop.sharedQueues.add(this);
  }

  ready(): void {
    const limit = this.#loop.isBusy ? DATAGRAMS_BESIDE_CONNECTIONS : DATAGRAMS_PER_TURN;
    for (let left = limit; left > 0; ) {
      const count = this.#serve(this, limit);
      if (count === 0) {
        this.#watch(this.#awaited);
        return;
      }
      left -= count;
    }
    this.#watch(NOT_WATCHED);
    if (this.#isNext) return;
    this.#isNext = true;
    this.#loop.soon(this.#next);
  }

  /** @param events of epoll_ctl(2) that have the socket served; 0 = none */
  await(events: number): void {
    this.#awaited = events;
    this.#watch(events);
  }

  /** Leaves the loop. Called before the descriptor is closed. */
  close(): void {
    this.#isClosed = true;
    this.#leaveQueues();
    this.#loop.unregister(this);
  }

  readonly #next = (): void => {
    this.#isNext = false;
    if (!this.#isClosed) this.ready();
  };

  #watch(events: number): void {
    if (events === this.#watchedFor) return;
    if (events === NOT_WATCHED) this.#loop.unwatch(this);
    else if (this.#watchedFor === NOT_WATCHED) this.#loop.watch(this, events);
    else this.#loop.rewatch(this, events);
    this.#watchedFor = events;
  }
}
