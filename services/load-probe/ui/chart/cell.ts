import type { Bucket } from '../../src/monitor/status/types.ts';
import type { Outcome } from '../../src/sampling/outcome.ts';
import { isFailure } from '../words/outcome-words.ts';

/** Round-trip times of a stretch, milliseconds; null where no answer came. */
export interface RoundTrips {
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** The samples that were due in `from` <= t < `to`: one cell of the strip and one point of the chart above it. */
export interface Cell extends RoundTrips {
  /** Seconds since the Unix epoch. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly failed: number;
  /** The outcome that says most: the commonest failure, else a late probe, else ok; null without samples. */
  readonly outcome: Outcome | null;
  readonly counts: ReadonlyMap<Outcome, number>;
}

export function cellOf(
  from: number,
  to: number,
  counts: ReadonlyMap<Outcome, number>,
  { p50Ms, p90Ms, p99Ms, maxMs }: RoundTrips,
): Cell {
  let total = 0;
  let failed = 0;
  for (const [outcome, seen] of counts) {
    total += seen;
    if (isFailure(outcome)) failed += seen;
  }
  return { from, to, total, failed, outcome: mostTelling(counts), counts, p50Ms, p90Ms, p99Ms, maxMs };
}

/** The probe's own buckets, each as long as its share of the span. */
export function cellsOf(buckets: readonly Bucket[], spanMs: number): Cell[] {
  const lengthMs = spanMs / buckets.length;
  return buckets.map((bucket) => {
    const counts = new Map(Object.entries(bucket.outcomes) as [Outcome, number][]);
    return cellOf(bucket.from / 1_000, (bucket.from + lengthMs) / 1_000, counts, bucket);
  });
}

function mostTelling(counts: ReadonlyMap<Outcome, number>): Outcome | null {
  const failures = [...counts].filter(([outcome]) => isFailure(outcome));
  if (failures.length > 0) return failures.reduce((most, next) => (next[1] > most[1] ? next : most))[0];
  if (counts.has('prober_late')) return 'prober_late';
  return counts.has('ok') ? 'ok' : null;
}
