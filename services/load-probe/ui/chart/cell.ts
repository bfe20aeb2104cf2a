import type { Outcome } from '../../src/sampling/outcome.ts';
import type { Bucket } from '../../src/stats/history.ts';
import { isFailure } from '../words/outcome-words.ts';

/** The samples that were due in `from` <= t < `to`: one cell of the strip and one point of the chart above it. */
export interface Cell extends Pick<Bucket, 'p50Ms' | 'p90Ms' | 'p99Ms' | 'maxMs'> {
  /** Seconds since the Unix epoch. */
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly failed: number;
  /** The outcome that says most: the commonest failure, else a late probe, else ok or blocked; null without samples. */
  readonly outcome: Outcome | null;
  readonly counts: ReadonlyMap<Outcome, number>;
}

/** The probe's buckets of a span, a cell for each. */
export function cellsOf(buckets: readonly Bucket[], spanMs: number): Cell[] {
  const seconds = spanMs / buckets.length / 1_000;
  return buckets.map((bucket) => cellOf([bucket], bucket.from / 1_000, seconds));
}

/** @param buckets those of the time of the cell, of which there may be any number */
export function cellOf(buckets: readonly Bucket[], from: number, seconds: number): Cell {
  const counts = new Map<Outcome, number>();
  let total = 0;
  let failed = 0;
  for (const { outcomes } of buckets) {
    for (const [name, seen] of Object.entries(outcomes)) {
      const outcome = name as Outcome;
      counts.set(outcome, (counts.get(outcome) ?? 0) + seen);
      total += seen;
      if (isFailure(outcome)) failed += seen;
    }
  }
  return {
    from,
    to: from + seconds,
    total,
    failed,
    outcome: mostTelling(counts),
    counts,
    ...percentilesOf(buckets),
  };
}

/** Which share of a bucket's answers each of its percentiles stands for. */
const STEPS = [
  ['p50Ms', 0.5],
  ['p90Ms', 0.4],
  ['p99Ms', 0.09],
  ['maxMs', 0.01],
] as const;
/** Sums of such shares are a little off. */
const ROUNDING = 1e-6;

/**
 * Percentiles of several buckets together. A bucket says of its answers only how long so many of them took at most, so
 * each is taken for as slow as that: the result is exact for buckets of one or two answers, and else never too low.
 */
function percentilesOf(buckets: readonly Bucket[]): Pick<Cell, 'p50Ms' | 'p90Ms' | 'p99Ms' | 'maxMs'> {
  const answered = buckets.filter(({ p50Ms }) => p50Ms !== null);
  const [first = { p50Ms: null, p90Ms: null, p99Ms: null, maxMs: null }] = answered;
  if (answered.length <= 1) {
    const { p50Ms, p90Ms, p99Ms, maxMs } = first;
    return { p50Ms, p90Ms, p99Ms, maxMs };
  }
  const steps = answered.flatMap((bucket) => {
    const answers = (bucket.outcomes.ok ?? 0) + (bucket.outcomes.late ?? 0);
    return STEPS.map(([name, share]) => ({ ms: bucket[name]!, answers: share * answers }));
  });
  steps.sort((one, other) => one.ms - other.ms);
  const all = steps.reduce((sum, { answers }) => sum + answers, 0);
  const within = (share: number): number => {
    let left = Math.ceil(all * share - ROUNDING);
    const reached = steps.find(({ answers }) => {
      left -= answers;
      return left < ROUNDING;
    });
    return (reached ?? steps.at(-1)!).ms;
  };
  return { p50Ms: within(0.5), p90Ms: within(0.9), p99Ms: within(0.99), maxMs: steps.at(-1)!.ms };
}

function mostTelling(counts: ReadonlyMap<Outcome, number>): Outcome | null {
  const failures = [...counts].filter(([outcome]) => isFailure(outcome));
  if (failures.length > 0) return failures.reduce((most, next) => (next[1] > most[1] ? next : most))[0];
  if (counts.has('prober_late')) return 'prober_late';
  if (counts.has('blocked')) return 'blocked';
  return counts.has('ok') ? 'ok' : null;
}
