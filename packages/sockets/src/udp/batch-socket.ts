import { BATCH_DATAGRAMS, EPOLLIN, type EpollLoop, type Watched } from '@echo-daytime/linux';

/** So many datagrams at least come with one turn of the loop, if they are there. */
const DATAGRAMS_PER_TURN = BATCH_DATAGRAMS;
/** The same while connections wait for the next turn. */
const DATAGRAMS_BESIDE_CONNECTIONS = 16;
const NOT_WATCHED = 0;

/**
 * A UDP socket on the loop. While it is busy it is read in every turn, and epoll does not watch it: that would cost each
 * datagram that comes a tenth more.
 */
export class BatchSocket implements Watched {
  readonly fd: number;
  readonly generation: number;
  readonly #loop: EpollLoop;
  readonly #serve: (socket: BatchSocket, most: number) => number;
  readonly #leaveQueues: () => void;
  #awaited = EPOLLIN;
  #watchedFor = NOT_WATCHED;
  /** The loop calls back, whether or not there is an event. */
  #isNext = false;
  #isClosed = false;

  /** @param serve receives and answers at most so many datagrams; returns how many there were */
  constructor(fd: number, loop: EpollLoop, serve: (socket: BatchSocket, most: number) => number) {
    this.fd = fd;
    this.#loop = loop;
    this.#serve = serve;
    this.generation = loop.nextGeneration();
    loop.register(this);
    this.#watch(EPOLLIN);
    // Behind a thousand busy connections a datagram would wait for all of them.
    this.#leaveQueues = loop.sharedQueues.add(this);
  }

  ready(): void {
    const most = this.#loop.isBusy ? DATAGRAMS_BESIDE_CONNECTIONS : DATAGRAMS_PER_TURN;
    for (let left = most; left > 0; ) {
      const count = this.#serve(this, most);
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

  /** Is served when one of these events comes, of epoll_ctl(2); with 0 never. */
  await(events: number): void {
    this.#awaited = events;
    this.#watch(events);
  }

  /** Leaves the loop; its descriptor is closed after this. */
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
