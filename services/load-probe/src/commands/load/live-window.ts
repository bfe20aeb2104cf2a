import type { LoadCounters } from './counters.ts';

const MS_PER_SECOND = 1_000;

/** The figures of a load over the last window. */
export interface LiveFigures {
  readonly messagesPerSecond: number;
  /** Undefined when no reply came. */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** Since the start. */
  readonly errors: number;
}

/** Turns counts since the start into figures of the last window. */
export class LiveWindow {
  readonly #lengthMs: number;
  /** Oldest first. Once the load has run for a window, the first state is at least that old. */
  #states: { readonly atMs: number; readonly counters: LoadCounters }[];

  /** @param counters at the start */
  constructor(lengthMs: number, atMs: number, counters: LoadCounters) {
    this.#lengthMs = lengthMs;
    this.#states = [{ atMs, counters }];
  }

  /** @param counters a copy of the counts; it must not change any more */
  add(atMs: number, counters: LoadCounters): LiveFigures {
    this.#states.push({ atMs, counters });
    while (this.#states.length > 2 && atMs - this.#states[1]!.atMs >= this.#lengthMs) this.#states.shift();
    const [oldest] = this.#states;
    const latencies = counters.latencies.since(oldest!.counters.latencies);
    const elapsedMs = atMs - oldest!.atMs;
    return {
      messagesPerSecond: elapsedMs === 0 ? 0 : (latencies.count / elapsedMs) * MS_PER_SECOND,
      p50Ms: latencies.percentile(50),
      p99Ms: latencies.percentile(99),
      errors: counters.failedTotal,
    };
  }
}
