import { EINTR, POLLIN } from './constants.ts';
import { type Libc, systemError } from './ffi.ts';

/** struct pollfd: descriptor, requested events, returned events. */
const ENTRY_BYTES = 8;

/** Finds out which of several sockets are readable, by poll(2). */
export class SocketPoll {
  readonly #libc: Libc;
  readonly #poll: (entries: ArrayBuffer, count: bigint, timeoutMs: number) => number;
  readonly #entries: ArrayBuffer;
  readonly #events: Int16Array;
  readonly #count: bigint;

  constructor(libc: Libc, sockets: readonly { readonly fd: number }[]) {
    this.#libc = libc;
    this.#poll = libc.functions({ poll: { arguments: ['pointer', 'u64', 'i32'], return: 'i32' } }).poll;
    this.#entries = new ArrayBuffer(sockets.length * ENTRY_BYTES);
    this.#events = new Int16Array(this.#entries);
    this.#count = BigInt(sockets.length);
    const descriptors = new Int32Array(this.#entries);
    sockets.forEach(({ fd }, index) => {
      descriptors[2 * index] = fd;
      this.#events[4 * index + 2] = POLLIN;
    });
  }

  /** Checks all sockets now. */
  check(): void {
    if (this.#poll(this.#entries, this.#count, 0) >= 0) return;
    const code = this.#libc.errno();
    if (code !== EINTR) throw systemError('poll', code);
  }

  /** Whether the socket with this index was readable at the last check. */
  ready(index: number): boolean {
    return this.#events[4 * index + 3] !== 0;
  }
}
