import type { Clock } from './clock.ts';

/** Time between two ticks, milliseconds. */
const TICK_MS = 20;
/** A tick that is late by less than this is no stall: timers are inexact, and a turn of the event loop takes time. */
const NOISE_MS = 10;
/** Number of stalls remembered: more than can happen during one sample. */
const MAX_REMEMBERED = 1_000;

interface Stall {
  readonly beginMs: number;
  readonly endMs: number;
}

/**
 * Records stalls of this thread's event loop: blocked, without CPU, throttled by its cgroup, or stopped by a signal. In
 * all these cases a tick comes late.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  #stalls: Stall[] = [];
  #lastTick: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lastTick = clock.now();
    this.#timer = setInterval(() => this.tick(), TICK_MS);
  }

  /**
   * The longest single stall since a time of the clock, milliseconds. Includes a stall that has just ended: an event of
   * a socket can come before the tick that records the stall.
   */
  longestSince(since: number): number {
    let longest = 0;
    const consider = ({ beginMs, endMs }: Stall): void => {
      longest = Math.max(longest, endMs - Math.max(beginMs, since));
    };
    const current = this.#current();
    if (current) consider(current);
    for (let index = this.#stalls.length - 1; index >= 0; index -= 1) {
      const stall = this.#stalls[index]!;
      if (stall.endMs <= since) break;
      consider(stall);
    }
    return longest;
  }

  /** Records that the event loop runs. */
  tick(): void {
    const stall = this.#current();
    if (stall) this.#stalls.push(stall);
    if (this.#stalls.length > MAX_REMEMBERED) this.#stalls = this.#stalls.slice(-MAX_REMEMBERED / 2);
    this.#lastTick = this.#clock.now();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #current(): Stall | undefined {
    const endMs = this.#clock.now();
    const beginMs = this.#lastTick + TICK_MS;
    return endMs - beginMs > NOISE_MS ? { beginMs, endMs } : undefined;
  }
}
