import type { Libc } from './ffi.ts';

/** Of <time.h>: the clock that the kernel stamps datagrams with. */
const CLOCK_REALTIME = 0;
const MS_PER_S = 1_000;
const NS_PER_MS = 1e6;
/** More than Date.now(), which is rounded down, differs from a clock that was not set. Milliseconds. */
const SET_MS = 2;

const signatures = { clock_gettime: { arguments: ['i32', 'pointer'], return: 'i32' } } as const;

/** Unix time without allocating: `read`, then the fields. */
export interface Clock {
  seconds: number;
  nanoseconds: number;
  read(): void;
}

/** The clock of the kernel's timestamps, to the nanosecond: two of its times may be subtracted. */
export class RealTimeClock implements Clock {
  seconds = 0;
  nanoseconds = 0;
  readonly #time = new BigInt64Array(2);
  readonly #words = new Int32Array(this.#time.buffer);
  readonly #call;

  constructor(libc: Libc) {
    this.#call = libc.functions(signatures);
  }

  read(): void {
    this.#call.clock_gettime(CLOCK_REALTIME, this.#time.buffer);
    // The low words: seconds fit in 32 bits, unsigned, until 2106.
    this.seconds = this.#words[0]! >>> 0;
    this.nanoseconds = this.#words[2]!;
  }
}

/** The same by Node alone: monotonic between two settings of the system's clock, and right to a millisecond. */
export class NodeClock implements Clock {
  seconds = 0;
  nanoseconds = 0;
  #origin = performance.timeOrigin;

  read(): void {
    const elapsed = performance.now();
    const difference = Date.now() - (this.#origin + elapsed);
    if (Math.abs(difference) > SET_MS) this.#origin += difference;
    const now = this.#origin + elapsed;
    this.seconds = Math.floor(now / MS_PER_S);
    this.nanoseconds = Math.floor((now - this.seconds * MS_PER_S) * NS_PER_MS);
  }
}
