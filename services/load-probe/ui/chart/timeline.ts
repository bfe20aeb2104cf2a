import type { SamplePoint } from '../../src/monitor/status/types.ts';
import type { Outcome } from '../../src/sampling/outcome.ts';
import { allOutcomes } from '../words/outcome-words.ts';
import { type Cell, cellOf, type RoundTrips } from './cell.ts';

/** The spans a row can show, seconds. The shortest that holds the probe's whole life is used. */
const SPANS_SECONDS = [60, 120, 300, 600] as const;

/** What is kept of each series: as much as the longest span. */
const KEPT_SECONDS = 600;

/** Round-trip times kept of one second; of more than these a fair sample is. */
const KEPT_PER_SECOND = 32;

/** How many cells a strip can have: they divide every span into whole seconds. */
const CELL_COUNTS = [60, 30, 20, 12, 10, 6, 5, 4, 3, 2] as const;

/** The stretch of time a row shows, in whole seconds since the Unix epoch; `to` is the first one after it. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly cellSeconds: number;
}

/**
 * Which time to show: cells long enough that each holds a sample, and whole cells only, so that the picture
 * moves by a cell at a time instead of creeping.
 */
export function spanAt(now: number, startedAt: number, intervalMs: number): Span {
  const age = (now - startedAt) / 1_000;
  const seconds = SPANS_SECONDS.find((span) => span >= age) ?? KEPT_SECONDS;
  const cells = CELL_COUNTS.find((n) => (seconds / n) * 1_000 >= intervalMs) ?? 1;
  const cellSeconds = seconds / cells;
  const to = (Math.floor(now / 1_000 / cellSeconds) + 1) * cellSeconds;
  return { from: to - seconds, to, cellSeconds };
}

/**
 * The last ten minutes of one series, second by second, in memory that never grows: a ring with the count of
 * every outcome and the round-trip times of each second. Samples may come in any order: one that waits for its
 * timeout is reported after younger ones.
 */
export class Timeline {
  readonly #seconds = new Float64Array(KEPT_SECONDS);
  readonly #counts = new Uint32Array(KEPT_SECONDS * allOutcomes.length);
  readonly #answers = new Uint32Array(KEPT_SECONDS);
  readonly #slowestMs = new Float64Array(KEPT_SECONDS);
  readonly #rttsMs = new Float64Array(KEPT_SECONDS * KEPT_PER_SECOND);

  add(points: readonly SamplePoint[]): void {
    for (const { at, outcome, rttMs } of points) {
      const second = Math.floor(at / 1_000);
      const slot = second % KEPT_SECONDS;
      if (second < this.#seconds[slot]!) continue;
      if (second > this.#seconds[slot]!) this.#clear(slot, second);
      this.#counts[slot * allOutcomes.length + allOutcomes.indexOf(outcome)]! += 1;
      // A time that the probe spoiled is no property of the target.
      if (rttMs !== null && outcome !== 'prober_late') this.#keep(slot, rttMs);
    }
  }

  /** Takes the probe's own history over whatever it covers here, so that a reconnect counts nothing twice. */
  replace(history: readonly SamplePoint[]): void {
    const oldest = history.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
    this.#forget((second) => second >= Math.floor(oldest / 1_000));
    this.add(history);
  }

  /** Forgets what was due before `at`, milliseconds since the Unix epoch. */
  forgetBefore(at: number): void {
    this.#forget((second) => second < Math.floor(at / 1_000));
  }

  /**
   * Forgets what was due after `at`, milliseconds since the Unix epoch: the probe's clock was put back, and what is new
   * would not count beside it.
   */
  forgetAfter(at: number): void {
    this.#forget((second) => second > Math.floor(at / 1_000));
  }

  cells({ from, to, cellSeconds }: Span): Cell[] {
    const cells: Cell[] = [];
    for (let start = from; start < to; start += cellSeconds)
      cells.push(this.#cell(start, start + cellSeconds));
    return cells;
  }

  #cell(from: number, to: number): Cell {
    const counts = new Map<Outcome, number>();
    const rttsMs: number[] = [];
    let slowestMs = 0;
    for (let second = from; second < to; second += 1) {
      const slot = second % KEPT_SECONDS;
      if (this.#seconds[slot] !== second) continue;
      allOutcomes.forEach((outcome, index) => {
        const seen = this.#counts[slot * allOutcomes.length + index]!;
        if (seen > 0) counts.set(outcome, (counts.get(outcome) ?? 0) + seen);
      });
      const first = slot * KEPT_PER_SECOND;
      rttsMs.push(...this.#rttsMs.subarray(first, first + Math.min(this.#answers[slot]!, KEPT_PER_SECOND)));
      slowestMs = Math.max(slowestMs, this.#slowestMs[slot]!);
    }
    return cellOf(from, to, counts, roundTrips(rttsMs, slowestMs));
  }

  /** Each of a second's answers has the same chance to be among those kept (Vitter 1985, algorithm R). */
  #keep(slot: number, rttMs: number): void {
    const before = this.#answers[slot]!;
    this.#answers[slot] = before + 1;
    this.#slowestMs[slot] = Math.max(this.#slowestMs[slot]!, rttMs);
    const place = before < KEPT_PER_SECOND ? before : Math.floor(Math.random() * (before + 1));
    if (place < KEPT_PER_SECOND) this.#rttsMs[slot * KEPT_PER_SECOND + place] = rttMs;
  }

  #clear(slot: number, second: number): void {
    this.#seconds[slot] = second;
    this.#answers[slot] = 0;
    this.#slowestMs[slot] = 0;
    this.#counts.fill(0, slot * allOutcomes.length, (slot + 1) * allOutcomes.length);
  }

  #forget(isGone: (second: number) => boolean): void {
    for (let slot = 0; slot < KEPT_SECONDS; slot += 1) {
      if (isGone(this.#seconds[slot]!)) this.#clear(slot, 0);
    }
  }
}

function roundTrips(rttsMs: number[], slowestMs: number): RoundTrips {
  if (rttsMs.length === 0) return { p50Ms: null, p90Ms: null, p99Ms: null, maxMs: null };
  rttsMs.sort((one, other) => one - other);
  // Nearest rank, as the probe itself does it.
  const rank = (share: number) => rttsMs[Math.ceil(rttsMs.length * share) - 1]!;
  return { p50Ms: rank(0.5), p90Ms: rank(0.9), p99Ms: rank(0.99), maxMs: slowestMs };
}
