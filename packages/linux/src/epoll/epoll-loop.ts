import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { EPOLLIN } from '../constants.ts';
import { type Libc, openLibc } from '../ffi.ts';
import { epollMismatch } from '../self-check.ts';
import { trackedDescriptor } from '../tracked-descriptor.ts';
import { Epoll, MAX_EVENTS } from './epoll.ts';
import { libuvPoll } from './libuv-poll.ts';
import { ReadBuffer } from './read-buffer.ts';
import { SharedQueues, type Watched } from './shared-queues.ts';
import { TcpCalls } from './tcp-calls.ts';

/** Node's own loop has timers that no descriptor tells of: it gets a turn this often at least. Milliseconds. */
const LONGEST_WAIT_MS = 50;
/** The same while there is much to do, or a timer is to be on time. Milliseconds. */
const LONGEST_TURN_MS = 1;
/** The shared queues are served each time this many connections were. */
const CONNECTIONS_PER_QUEUES = 64;
/** Tasks that come behind all that is ready wait for this many full batches of events at most. */
const MAX_FULL_BATCHES = 16;
/** A connection that only waits for the peer's FIN is checked after this, and before twice this. Milliseconds. */
const CHECK_AFTER_MS = 2;

interface Deferred {
  check(): void;
}

/**
 * An event loop for sockets beside Node's in the same thread, for a third of what a message costs there. It waits on its
 * own epoll instance, which tells as well when Node's loop has something to do, and runs as a task of that one.
 */
export class EpollLoop {
  readonly libc: Libc;
  readonly calls: TcpCalls;
  readonly reads: ReadBuffer;
  readonly sharedQueues: SharedQueues;
  readonly #epoll: Epoll;
  readonly #libuv: number;
  /** By descriptor. */
  readonly #watched: (Watched | undefined)[] = [];
  #watchedCount = 0;
  #soon: (() => void)[] = [];
  /** Deferred since the last checks, and before them. */
  #deferred: Deferred[] = [];
  #due: Deferred[] = [];
  #checkAt = Number.POSITIVE_INFINITY;
  /** When the last of the timers of Node's loop is due that are to be on time. */
  #timersUntil = 0;
  #lastGeneration = 0;
  #running = false;
  /** The turn before found nothing, and Node's loop has had its turn since. */
  #idle = false;
  #isBusy = false;
  /** Node's loop has something to do. */
  #nodesTurn = false;
  /** Waits in a row that found as many events as fit. */
  #fullBatches = 0;

  private constructor(libc: Libc, calls: TcpCalls, epoll: Epoll, libuv: number) {
    this.calls = calls;
    this.reads = new ReadBuffer(calls);
    this.libc = libc;
    this.sharedQueues = new SharedQueues(libc);
    this.#epoll = epoll;
    this.#libuv = libuv;
    this.#epoll.add(libuv, 0, EPOLLIN);
  }

  /** @returns the loop of this thread, or why there is none to be had */
  static async open(): Promise<EpollLoop | { readonly reason: string }> {
    const libc = openLibc();
    if ('reason' in libc) return libc;
    opening ??= EpollLoop.#make(libc);
    return opening;
  }

  static async #make(libc: Libc): Promise<EpollLoop | { readonly reason: string }> {
    const libuv = await libuvPoll(libc);
    if (libuv === undefined) return { reason: "the system does not tell which epoll instance is Node's" };
    try {
      const [calls, epoll] = [new TcpCalls(libc), new Epoll(libc)];
      const reason = epollMismatch(libc, epoll, calls);
      return reason === undefined ? new EpollLoop(libc, calls, epoll, libuv) : { reason };
    } catch (error) {
      return { reason: (error as Error).message };
    }
  }

  /** Whether the last wait found something. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  nextGeneration(): number {
    this.#lastGeneration = (this.#lastGeneration + 1) | 0;
    return this.#lastGeneration;
  }

  /** A second number of an open file, one that Node closes when this thread ends. @throws Error of the system */
  tracked(fd: number): number {
    return trackedDescriptor(this.libc, fd);
  }

  /** Keeps the loop going until the file is unregistered. */
  register(file: Watched): void {
    this.#watched[file.fd] = file;
    this.#watchedCount += 1;
    this.#run();
  }

  /** Before its descriptor is closed. Does nothing the second time, when the descriptor may be that of another file. */
  unregister(file: Watched): void {
    if (this.#watched[file.fd] !== file) return;
    this.#watched[file.fd] = undefined;
    this.#watchedCount -= 1;
  }

  watch({ fd, generation }: Watched, events: number): void {
    this.#epoll.add(fd, generation, events);
  }

  /** Has epoll forget it; it stays registered. */
  unwatch({ fd }: Watched): void {
    this.#epoll.remove(fd);
  }

  rewatch({ fd, generation }: Watched, events: number): void {
    this.#epoll.change(fd, generation, events);
  }

  /** Calls back behind all that is ready now. */
  soon(task: () => void): void {
    this.#soon.push(task);
    this.#run();
  }

  /** As `setTimeout`, whose timers of some milliseconds would be late here: no descriptor tells of them. */
  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout {
    // One more: Node's clock is cut to whole milliseconds.
    this.#timersUntil = Math.max(this.#timersUntil, performance.now() + milliseconds + 1);
    return setTimeout(task, milliseconds);
  }

  /** Calls back once in a few milliseconds: far cheaper than to wait for an event. */
  checkLater(one: Deferred): void {
    this.#deferred.push(one);
    if (this.#checkAt === Number.POSITIVE_INFINITY) this.#checkAt = performance.now() + CHECK_AFTER_MS;
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const startedAt = performance.now();
    let now = startedAt;
    let found: number;
    do {
      this.#nodesTurn = false;
      found = this.#handle(this.#epoll.wait(this.#waitMs(now)));
      this.#idle = false;
      now = performance.now();
      if (now >= this.#checkAt) this.#check(now);
      this.#runSoon(found);
    } while (!this.#nodesTurn && (found > 0 || this.#soon.length > 0) && now - startedAt < LONGEST_TURN_MS);
    this.#idle = found === 0;
    this.#running = this.#watchedCount > 0 || this.#soon.length > 0;
    if (this.#running) setImmediate(this.#turn);
  };

  /** How long to wait where nothing is ready. What a handler left to Node's loop to do does not wait for longer than a turn. */
  #waitMs(now: number): number {
    if (this.#soon.length > 0) return 0;
    const longest = this.#idle && now >= this.#timersUntil ? LONGEST_WAIT_MS : LONGEST_TURN_MS;
    return Math.min(longest, Math.max(0, Math.ceil(this.#checkAt - now)));
  }

  /** @returns how much there was; 0 too where the next turn is Node's */
  #handle(count: number): number {
    const epoll = this.#epoll;
    this.#isBusy = count > 0;
    for (let index = 0; index < count; index += 1) {
      const fd = epoll.fd(index);
      const file = this.#watched[fd];
      if (file !== undefined && file.generation === epoll.user(index)) file.ready(epoll.events(index));
      else if (fd === this.#libuv) this.#nodesTurn = true;
      if ((index + 1) % CONNECTIONS_PER_QUEUES === 0) this.sharedQueues.serve();
    }
    return this.#nodesTurn ? 0 : count;
  }

  #check(now: number): void {
    const due = this.#due;
    this.#due = this.#deferred;
    this.#deferred = [];
    this.#checkAt = this.#due.length > 0 ? now + CHECK_AFTER_MS : Number.POSITIVE_INFINITY;
    for (const one of due) one.check();
  }

  #runSoon(found: number): void {
    // A full batch means that there is more.
    if (found === MAX_EVENTS && this.#fullBatches < MAX_FULL_BATCHES) {
      this.#fullBatches += 1;
      return;
    }
    this.#fullBatches = 0;
    // What these ask for comes behind the next events.
    const tasks = this.#soon;
    if (tasks.length === 0) return;
    this.#soon = [];
    for (const task of tasks) task();
  }
}

let opening: Promise<EpollLoop | { readonly reason: string }> | undefined;
