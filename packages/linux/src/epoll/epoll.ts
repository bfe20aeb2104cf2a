import { EINTR, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD, O_CLOEXEC } from '../constants.ts';
import { type Libc, systemError } from '../ffi.ts';
import { movedToTracked } from '../tracked-descriptor.ts';

/** Maximum events per wait. */
export const MAX_EVENTS = 1_024;
/** struct epoll_event: events, then 64 bits of user data: the descriptor and its generation. Words of 32 bits. */
export interface EventLayout {
  readonly words: number;
  readonly fdAt: number;
  readonly userAt: number;
}

/** Packed on x64 and nowhere else (<sys/epoll.h>). self-check.ts compares it with the kernel at start. */
export const eventLayouts = {
  x64: { words: 3, fdAt: 1, userAt: 2 },
  arm64: { words: 4, fdAt: 2, userAt: 3 },
} as const;

/** An epoll instance, epoll(7), with the events of its last wait. */
export class Epoll {
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
    this.#found = new Int32Array(new ArrayBuffer(MAX_EVENTS * bytes));
    this.#one = new Int32Array(new ArrayBuffer(bytes));
    this.#call = libc.functions({
      epoll_create1: { arguments: ['i32'], return: 'i32' },
      epoll_ctl: { arguments: ['i32', 'i32', 'i32', 'pointer'], return: 'i32' },
      epoll_wait: { arguments: ['i32', 'pointer', 'i32', 'i32'], return: 'i32' },
    });
    const fd = this.#call.epoll_create1(O_CLOEXEC);
    if (fd < 0) throw systemError('epoll_create1', libc.errno());
    this.#fd = movedToTracked(libc, fd);
  }

  add(fd: number, user: number, events: number): void {
    this.#control(EPOLL_CTL_ADD, fd, user, events);
  }

  /** Adds this instance to another one, where its events have the descriptor `as`. @throws Error of the system */
  addTo(outer: number, as: number, events: number): void {
    this.#one[0] = events;
    this.#one[this.#layout.fdAt] = as;
    this.#one[this.#layout.userAt] = 0;
    if (this.#call.epoll_ctl(outer, EPOLL_CTL_ADD, this.#fd, this.#one.buffer) < 0)
      throw systemError('epoll_ctl', this.#libc.errno());
  }

  change(fd: number, user: number, events: number): void {
    this.#control(EPOLL_CTL_MOD, fd, user, events);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd, 0, 0);
  }

  /**
   * Waits for events, at most `timeoutMs`. @returns their number; 0 when a signal interrupted the wait
   *
   * @throws Error of the system: every other error of epoll_wait(2) would repeat at each call
   */
  wait(timeoutMs: number): number {
    const count = this.#call.epoll_wait(this.#fd, this.#found.buffer, MAX_EVENTS, timeoutMs);
    return count < 0 ? this.#failedWait() : count;
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

  #failedWait(): number {
    const code = this.#libc.errno();
    if (code === EINTR) return 0;
    throw systemError('epoll_wait', code);
  }

  #control(operation: number, fd: number, user: number, events: number): void {
    this.#one[0] = events;
    this.#one[this.#layout.fdAt] = fd;
    this.#one[this.#layout.userAt] = user;
    if (this.#call.epoll_ctl(this.#fd, operation, fd, this.#one.buffer) < 0)
      throw systemError('epoll_ctl', this.#libc.errno());
  }
}
