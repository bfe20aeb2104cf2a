import type { Outcome } from '../src/outcome.ts';
import type { SamplePoint } from '../src/status.ts';
import { allOutcomes, isFailure } from './outcome-words.ts';

/** The spans a row can show, seconds. The shortest that holds the probe's whole life is used. */
const SPANS_SECONDS = [60, 120, 300, 600] as const;

/** What is kept of each target: as much as the longest span. */
const KEPT_SECONDS = 600;

/** How many cells a strip can have: they divide every span into whole seconds. */
const CELL_COUNTS = [60, 30, 20, 12, 10, 6, 5, 4, 3, 2] as const;

/** The stretch of time a row shows, in whole seconds since the Unix epoch; `to` is the first one after it. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly cellSeconds: number;
}

/** One cell of the strip: the samples that were due in `from` <= t < `to`. */
export interface Cell {
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly failed: number;
  /** The outcome that says most: the commonest failure, else a late probe, else ok; null without samples. */
  readonly outcome: Outcome | null;
  readonly counts: ReadonlyMap<Outcome, number>;
}

/** The round-trip time line: seconds since the Unix epoch and milliseconds, null where no answer came. */
export interface Line {
  readonly at: readonly number[];
  readonly rttMs: readonly (number | null)[];
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
 * The last ten minutes of one target, second by second, in memory that never grows: a ring with the count of
 * every outcome and the slowest answer of each second. Samples may come in any order: one that waits for its
 * timeout is reported after younger ones.
 */
export class Timeline {
  readonly #seconds = new Float64Array(KEPT_SECONDS);
  readonly #slowestMs = new Float64Array(KEPT_SECONDS);
  readonly #counts = new Uint16Array(KEPT_SECONDS * allOutcomes.length);

  add(points: readonly SamplePoint[]): void {
    for (const { at, outcome, rttMs } of points) {
      const second = Math.floor(at / 1_000);
      const slot = second % KEPT_SECONDS;
      if (second < this.#seconds[slot]!) continue;
      if (second > this.#seconds[slot]!) this.#clear(slot, second);
      this.#counts[slot * allOutcomes.length + allOutcomes.indexOf(outcome)]! += 1;
      // A time that the probe spoiled is no property of the target.
      if (rttMs === null || outcome === 'prober_late') continue;
      const slowest = this.#slowestMs[slot]!;
      if (!(slowest >= rttMs)) this.#slowestMs[slot] = rttMs;
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

  cells({ from, to, cellSeconds }: Span): Cell[] {
    const cells: Cell[] = [];
    for (let start = from; start < to; start += cellSeconds)
      cells.push(this.#cell(start, start + cellSeconds));
    return cells;
  }

  line({ from, to }: Span): Line {
    const at: number[] = [];
    const rttMs: (number | null)[] = [];
    for (let second = from; second < to; second += 1) {
      const slot = second % KEPT_SECONDS;
      if (this.#seconds[slot] !== second) continue;
      const slowest = this.#slowestMs[slot]!;
      const answered = !Number.isNaN(slowest);
      // A second that only the probe itself missed is no gap in the target's answers.
      if (!answered && this.#cell(second, second + 1).failed === 0) continue;
      at.push(second + 0.5);
      rttMs.push(answered ? slowest : null);
    }
    return { at, rttMs };
  }

  #cell(from: number, to: number): Cell {
    const counts = new Map<Outcome, number>();
    for (let second = from; second < to; second += 1) {
      const slot = second % KEPT_SECONDS;
      if (this.#seconds[slot] !== second) continue;
      allOutcomes.forEach((outcome, index) => {
        const seen = this.#counts[slot * allOutcomes.length + index]!;
        if (seen > 0) counts.set(outcome, (counts.get(outcome) ?? 0) + seen);
      });
    }
    let total = 0;
    let failed = 0;
    for (const [outcome, seen] of counts) {
      total += seen;
      if (isFailure(outcome)) failed += seen;
    }
    return { from, to, total, failed, outcome: mostTelling(counts), counts };
  }

  #clear(slot: number, second: number): void {
    this.#seconds[slot] = second;
    this.#slowestMs[slot] = Number.NaN;
    this.#counts.fill(0, slot * allOutcomes.length, (slot + 1) * allOutcomes.length);
  }

  #forget(isGone: (second: number) => boolean): void {
    for (let slot = 0; slot < KEPT_SECONDS; slot += 1) {
      if (isGone(this.#seconds[slot]!)) this.#clear(slot, 0);
    }
  }
}

function mostTelling(counts: ReadonlyMap<Outcome, number>): Outcome | null {
  const failures = [...counts].filter(([outcome]) => isFailure(outcome));
  if (failures.length > 0) return failures.reduce((most, next) => (next[1] > most[1] ? next : most))[0];
  if (counts.has('prober_late')) return 'prober_late';
  return counts.has('ok') ? 'ok' : null;
}
