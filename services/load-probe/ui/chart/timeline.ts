import type { Bucket } from '../../src/stats/history.ts';
import { type Cell, cellOf } from './cell.ts';

/** The spans a row can show, seconds. The shortest that holds the probe's whole life is used. */
const SPANS_SECONDS = [60, 120, 300, 600] as const;

/** How much of each series is kept: the longest span. */
const KEPT_SECONDS = 600;

/** How many cells a strip can have: they divide every span into whole seconds. */
const CELL_COUNTS = [60, 30, 20, 12, 10, 6, 5, 4, 3, 2] as const;

/** The time span of a row, in whole seconds since the Unix epoch; `to` is the first second after it. */
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

/** The last ten minutes of one series in buckets of a second, in a ring: memory that never grows. */
export class Timeline {
  readonly #buckets: (Bucket | undefined)[] = Array.from({ length: KEPT_SECONDS });
  /** The cells that were drawn last, by their start, without those whose buckets have changed since. */
  #cells: ReadonlyMap<number, Cell> = new Map();
  #cellSeconds = 1;

  /** Each bucket replaces the earlier bucket of its second. */
  put(buckets: readonly Bucket[]): void {
    const changed = new Set<number>();
    for (const bucket of buckets) {
      const second = bucket.from / 1_000;
      this.#buckets[second % KEPT_SECONDS] = bucket;
      changed.add(second - (second % this.#cellSeconds));
    }
    this.#cells = new Map([...this.#cells].filter(([from]) => !changed.has(from)));
  }

  /** Drops buckets that begin after `at`, milliseconds since the Unix epoch: the probe's clock was set back. */
  forgetAfter(at: number): void {
    for (const [slot, bucket] of this.#buckets.entries()) {
      if (bucket === undefined || bucket.from <= at) continue;
      this.#buckets[slot] = undefined;
      this.#cells = new Map();
    }
  }

  /** A cell that is the same as before is the same object. */
  cells({ from, to, cellSeconds }: Span): Cell[] {
    const known = cellSeconds === this.#cellSeconds ? this.#cells : new Map<number, Cell>();
    const cells = Array.from({ length: (to - from) / cellSeconds }, (_, index) => {
      const start = from + index * cellSeconds;
      return known.get(start) ?? cellOf(this.#bucketsBetween(start, start + cellSeconds), start, cellSeconds);
    });
    this.#cells = new Map(cells.map((cell) => [cell.from, cell]));
    this.#cellSeconds = cellSeconds;
    return cells;
  }

  #bucketsBetween(from: number, to: number): Bucket[] {
    const seconds = Array.from({ length: to - from }, (_, index) => from + index);
    return seconds.flatMap((second) => {
      const bucket = this.#buckets[second % KEPT_SECONDS];
      return bucket?.from === second * 1_000 ? bucket : [];
    });
  }
}
