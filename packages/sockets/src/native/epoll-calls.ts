import { openSync } from 'node:fs';
import type { Libc } from './libc.ts';
import { systemError } from './libc.ts';
import { O_CLOEXEC } from './numbers.ts';

/** Of <sys/epoll.h>. */
export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
/** Tells of each change once. */
export const EPOLLET = 1 << 31;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;

/** How many events one wait may bring. */
export const MOST_EVENTS = 1_024;
/** struct epoll_event: events, then 64 bits of our own: the descriptor and a number of its user. Words of 32 bits. */
export interface EventLayout {
  readonly words: number;
  readonly fdAt: number;
  readonly userAt: number;
}

/** Packed on x64 and nowhere else (<sys/epoll.h>). Whether that is so here is checked at start (self-check.ts). */
export const eventLayouts = {
  x64: { words: 3, fdAt: 1, userAt: 2 },
  arm64: { words: 4, fdAt: 2, userAt: 3 },
} as const;

/** An epoll instance, epoll(7), and what its last wait found. */
export class Epoll {
  /** One that `node:fs` has opened: those are closed when the thread ends, however that comes about. */
  readonly #fd: number;
  readonly #call;
  readonly #libc: Libc;
  readonly #layout: EventLayout;
  readonly #found: Int32Array<ArrayBuffer>;
  readonly #one: Int32Array<ArrayBuffer>;

  /** @throws Error of the system, or where the C library lacks one of the calls */
  constructor(
    libc: Libc,
    layout: EventLayout = process.arch === 'x64' ? eventLayouts.x64 : eventLayouts.arm64,
  ) {
    this.#libc = libc;
    this.#layout = layout;
    const bytes = layout.words * Int32Array.BYTES_PER_ELEMENT;
    this.#found = new Int32Array(new ArrayBuffer(MOST_EVENTS * bytes));
    this.#one = new Int32Array(new ArrayBuffer(bytes));
    this.#call = libc.functions({
      epoll_create1: { arguments: ['i32'], return: 'i32' },
      epoll_ctl: { arguments: ['i32', 'i32', 'i32', 'pointer'], return: 'i32' },
      epoll_wait: { arguments: ['i32', 'pointer', 'i32', 'i32'], return: 'i32' },
      dup3: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
      close: { arguments: ['i32'], return: 'i32' },
    });
    const fd = this.#call.epoll_create1(O_CLOEXEC);
    if (fd < 0) throw systemError('epoll_create1', libc.errno());
    this.#fd = this.tracked(fd);
    this.#call.close(fd);
  }

  /**
   * A second number of an open file, one that Node closes when this thread ends.
   *
   * @throws Error of the system
   */
  tracked(fd: number): number {
    // The one path that is there in every container, whatever is mounted.
    const number = openSync('/', 'r');
    if (this.#call.dup3(fd, number, O_CLOEXEC) < 0) throw systemError('dup3', this.#libc.errno());
    return number;
  }

  add(fd: number, user: number, events: number): void {
    this.#control(EPOLL_CTL_ADD, fd, user, events);
  }

  change(fd: number, user: number, events: number): void {
    this.#control(EPOLL_CTL_MOD, fd, user, events);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0);
  }

  /** How many events there are after at most `timeoutMs`; an interrupted wait has none. */
  wait(timeoutMs: number): number {
    return this.#call.epoll_wait(this.#fd, this.#found.buffer, MOST_EVENTS, timeoutMs);
  }

  events(index: number): number {
    return this.#found[index * this.#layout.words]!;
  }

  fd(index: number): number {
    return this.#found[index * this.#layout.words + this.#layout.fdAt]!;
  }

  user(index: number): number {
    return this.#found[index * this.#layout.words + this.#layout.userAt]!;
  }

  #control(operation: number, fd: number, user: number, events: number): void {
    this.#one[0] = events;
    this.#one[this.#layout.fdAt] = fd;
    this.#one[this.#layout.userAt] = user;
    if (this.#call.epoll_ctl(this.#fd, operation, fd, this.#one.buffer) < 0)
      throw systemError('epoll_ctl', this.#libc.errno());
  }
}
