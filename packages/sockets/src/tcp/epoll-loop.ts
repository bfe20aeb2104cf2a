import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers';
import { EPOLLIN, Epoll, MOST_EVENTS } from '../native/epoll-calls.ts';
import { type Libc, openLibc } from '../native/libc.ts';
import { TcpCalls } from '../native/tcp-calls.ts';
import { Preferred } from './accept-queues.ts';
import { libuvPoll } from './libuv-poll.ts';
import { ReadBuffer } from './read-buffer.ts';
import { mismatch } from './self-check.ts';

/** Node's own loop has timers that no descriptor tells of: it gets a turn this often at least. Milliseconds. */
const LONGEST_WAIT_MS = 50;
/** The same while there is much to do, or a timer is to be on time. Milliseconds. */
const LONGEST_TURN_MS = 1;
/** After so many ready ones those who are preferred are served. */
const PREFERRED_EVERY = 64;
/** For what is to come behind all that is ready, where that has no end. */
const MOST_FULL_HANDS = 16;
/** A connection that only waits for the peer's FIN is looked at after this, and before twice this. Milliseconds. */
const LOOK_AFTER_MS = 2;

/** Something on the loop: a connection, or a socket that accepts them. */
export interface Watched {
  readonly fd: number;
  /** Tells it from those that had the same descriptor before; from `nextTicket`. */
  readonly ticket: number;
  /** @param events of epoll_ctl(2) */
  ready(events: number): void;
}

interface Looked {
  look(): void;
}

/**
 * An event loop for sockets beside Node's in the same thread, for a third of what a message costs there. It waits on its
 * own epoll instance, which tells as well when Node's loop has something to do, and runs as a task of that one.
 */
export class EpollLoop {
  readonly calls: TcpCalls;
  readonly reads: ReadBuffer;
  /** Those who do not wait for all the others. */
  readonly preferred: Preferred;
  readonly #epoll: Epoll;
  readonly #libuv: number;
  /** By descriptor. */
  readonly #watched: (Watched | undefined)[] = [];
  #watchedCount = 0;
  #soon: (() => void)[] = [];
  #fresh: Looked[] = [];
  #aged: Looked[] = [];
  #lookAt = Number.POSITIVE_INFINITY;
  /** When the last of the timers of Node's loop is due that are to be on time. */
  #timersUntil = 0;
  #lastTicket = 0;
  #running = false;
  /** The turn before found nothing, and Node's loop has had its turn since. */
  #dry = false;
  /** Waits in a row that found as much as one can. */
  #fullHands = 0;

  private constructor(libc: Libc, calls: TcpCalls, epoll: Epoll, libuv: number) {
    this.calls = calls;
    this.reads = new ReadBuffer(calls);
    this.preferred = new Preferred(libc);
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
      const reason = mismatch(libc, epoll, calls);
      return reason === undefined ? new EpollLoop(libc, calls, epoll, libuv) : { reason };
    } catch (error) {
      return { reason: (error as Error).message };
    }
  }

  nextTicket(): number {
    this.#lastTicket = (this.#lastTicket + 1) | 0;
    return this.#lastTicket;
  }

  /** A second number of an open file, one that Node closes when this thread ends. @throws Error of the system */
  tracked(fd: number): number {
    return this.#epoll.tracked(fd);
  }

  /** Keeps the loop going until it is forgotten. */
  enter(one: Watched): void {
    this.#watched[one.fd] = one;
    this.#watchedCount += 1;
    this.#run();
  }

  /** Before its descriptor is closed. */
  forget(one: Watched): void {
    this.#watched[one.fd] = undefined;
    this.#watchedCount -= 1;
  }

  watch({ fd, ticket }: Watched, events: number): void {
    this.#epoll.add(fd, ticket, events);
  }

  rewatch({ fd, ticket }: Watched, events: number): void {
    this.#epoll.change(fd, ticket, events);
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
  lookLater(one: Looked): void {
    this.#fresh.push(one);
    if (this.#lookAt === Number.POSITIVE_INFINITY) this.#lookAt = performance.now() + LOOK_AFTER_MS;
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
      found = this.#handle(this.#epoll.wait(this.#patience(now)));
      this.#dry = false;
      now = performance.now();
      if (now >= this.#lookAt) this.#look(now);
      this.#runSoon(found);
    } while (found > 0 && now - startedAt < LONGEST_TURN_MS);
    this.#dry = found === 0;
    this.#running = this.#watchedCount > 0 || this.#soon.length > 0;
    if (this.#running) setImmediate(this.#turn);
  };

  /** How long to wait where nothing is ready. What a handler left to Node's loop to do does not wait for longer than a turn. */
  #patience(now: number): number {
    if (this.#soon.length > 0) return 0;
    const longest = this.#dry && now >= this.#timersUntil ? LONGEST_WAIT_MS : LONGEST_TURN_MS;
    return Math.min(longest, Math.max(0, Math.ceil(this.#lookAt - now)));
  }

  /** @returns how much there was; 0 too where the next turn is Node's */
  #handle(count: number): number {
    const epoll = this.#epoll;
    let nodesTurn = false;
    for (let index = 0; index < count; index += 1) {
      const fd = epoll.fd(index);
      const one = this.#watched[fd];
      if (one !== undefined && one.ticket === epoll.user(index)) one.ready(epoll.events(index));
      else if (fd === this.#libuv) nodesTurn = true;
      if ((index + 1) % PREFERRED_EVERY === 0) this.preferred.serve();
    }
    return nodesTurn ? 0 : count;
  }

  #look(now: number): void {
    const aged = this.#aged;
    this.#aged = this.#fresh;
    this.#fresh = [];
    this.#lookAt = this.#aged.length > 0 ? now + LOOK_AFTER_MS : Number.POSITIVE_INFINITY;
    for (const one of aged) one.look();
  }

  #runSoon(found: number): void {
    // A full hand means that there is more.
    if (found === MOST_EVENTS && this.#fullHands < MOST_FULL_HANDS) {
      this.#fullHands += 1;
      return;
    }
    this.#fullHands = 0;
    // What these ask for comes behind the next events.
    const tasks = this.#soon;
    if (tasks.length === 0) return;
    this.#soon = [];
    for (const task of tasks) task();
  }
}

let opening: Promise<EpollLoop | { readonly reason: string }> | undefined;
