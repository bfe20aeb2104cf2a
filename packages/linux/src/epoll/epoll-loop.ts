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

/** Maximum wait for an event. Timers of Node's loop have no descriptor, so it gets a turn this often. Milliseconds. */
const MAX_WAIT_MS = 50;
/** The same while the loop is busy, or while a `setTimer` is pending. Milliseconds. */
const MAX_TURN_MS = 1;
/** The shared queues are served each time after this many connections. */
const CONNECTIONS_PER_QUEUES = 64;
/** Tasks of `soon` run after this many full batches of events at the latest. */
const MAX_FULL_BATCHES = 16;
/** `checkLater` calls back after this time, and before twice this time. Milliseconds. */
const CHECK_AFTER_MS = 2;

interface Deferred {
  check(): void;
}

/**
 * An event loop for sockets beside Node's, in the same thread. A message costs a third of what it costs on Node's loop.
 * This loop runs as a task of Node's loop and waits on its own epoll instance, which also watches Node's.
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
  /** Deferred since the last check; `#due` were deferred before it. */
  #deferred: Deferred[] = [];
  #due: Deferred[] = [];
  #checkAt = Number.POSITIVE_INFINITY;
  /** The time at which the last timer of `setTimer` is due. */
  #timersUntil = 0;
  #lastGeneration = 0;
  #running = false;
  /** The last turn found no event, and Node's loop has had its turn since. */
  #idle = false;
  #isBusy = false;
  /** Node's loop has something to do. */
  #nodesTurn = false;
  /** Number of waits in a row with MAX_EVENTS events. */
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

  /** @returns the loop of this thread, or why this system can't have one */
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

  /** Whether the last wait found an event. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  nextGeneration(): number {
    this.#lastGeneration = (this.#lastGeneration + 1) | 0;
    return this.#lastGeneration;
  }

  /** A second descriptor of an open file, which Node closes when this thread ends. @throws Error of the system */
  tracked(fd: number): number {
    return trackedDescriptor(this.libc, fd);
  }

  /** Keeps the loop going until the file is unregistered. */
  register(file: Watched): void {
    this.#watched[file.fd] = file;
    this.#watchedCount += 1;
    this.#run();
  }

  /** Called before the descriptor is closed. A second call does nothing: another file may have the descriptor then. */
  unregister(file: Watched): void {
    if (this.#watched[file.fd] !== file) return;
    this.#watched[file.fd] = undefined;
    this.#watchedCount -= 1;
  }

  watch({ fd, generation }: Watched, events: number): void {
    this.#epoll.add(fd, generation, events);
  }

  /** Stops the events of a file; it stays registered. */
  unwatch({ fd }: Watched): void {
    this.#epoll.remove(fd);
  }

  rewatch({ fd, generation }: Watched, events: number): void {
    this.#epoll.change(fd, generation, events);
  }

  /** Calls back after all events that are ready now. */
  soon(task: () => void): void {
    this.#soon.push(task);
    this.#run();
  }

  /** As `setTimeout`, exact to the millisecond: a plain timer of Node's loop could be late by MAX_WAIT_MS. */
  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout {
    // One millisecond more: Node rounds its clock down to whole milliseconds.
    this.#timersUntil = Math.max(this.#timersUntil, performance.now() + milliseconds + 1);
    return setTimeout(task, milliseconds);
  }

  /** Calls `check` once after a few milliseconds, which is far cheaper than to wait for an event. */
  checkLater(deferred: Deferred): void {
    this.#deferred.push(deferred);
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
    } while (!this.#nodesTurn && (found > 0 || this.#soon.length > 0) && now - startedAt < MAX_TURN_MS);
    this.#idle = found === 0;
    this.#running = this.#watchedCount > 0 || this.#soon.length > 0;
    if (this.#running) setImmediate(this.#turn);
  };

  /** How long to wait for an event. Short after a busy turn: its handlers may have left work to Node's loop. */
  #waitMs(now: number): number {
    if (this.#soon.length > 0) return 0;
    const longest = this.#idle && now >= this.#timersUntil ? MAX_WAIT_MS : MAX_TURN_MS;
    return Math.min(longest, Math.max(0, Math.ceil(this.#checkAt - now)));
  }

  /** @returns the number of events; 0 also where Node's loop has something to do */
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
    for (const deferred of due) deferred.check();
  }

  #runSoon(found: number): void {
    // After a full batch more events are ready.
    if (found === MAX_EVENTS && this.#fullBatches < MAX_FULL_BATCHES) {
      this.#fullBatches += 1;
      return;
    }
    this.#fullBatches = 0;
    // Tasks that these tasks add run after the next events.
    const tasks = this.#soon;
    if (tasks.length === 0) return;
    this.#soon = [];
    for (const task of tasks) task();
  }
}

let opening: Promise<EpollLoop | { readonly reason: string }> | undefined;
