import type { Clock } from './clock.ts';

/** How often the watch looks at the clock, milliseconds. */
const TICK_MS = 20;
/** A tick that is late by less than this is a timer's own grain and the work of a turn, not a stall. */
const NOISE_MS = 10;
/** How many stalls are remembered: more than a thread can have in the life of a sample that anybody takes. */
const MAX_REMEMBERED = 1_000;

interface Stall {
  readonly beginMs: number;
  readonly endMs: number;
}

/**
 * Takes note when this thread's event loop stood still: blocked, starved of CPU, throttled by its cgroup,
 * stopped by a signal. All of these look alike from inside: a tick comes late.
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
   * The longest that the event loop stood still at a stretch since a time of the clock, milliseconds. The stall
   * that may just have ended counts: a socket's event can come before the tick that records it.
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

  /** Takes note that the event loop turns. */
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
