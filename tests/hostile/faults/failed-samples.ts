import type { Metrics } from '../../harness/metrics.ts';
import type { Promises, Scale } from '../scenario.ts';

const SAMPLES = 'l4_probe_samples_total';
/** The outcome of a probe on a busy machine: it says nothing about the path. */
const PROBER_LATE = ['prober_late'];
/** At the brief scale, where no time is promised, these say nothing about the path either. */
const SLOW = [...PROBER_LATE, 'late', 'lost', 'connect_timeout', 'read_timeout'];
const TOLERATED: Readonly<Record<Scale, readonly string[]>> = { full: PROBER_LATE, brief: SLOW };

/** Number of samples of a target between two scrapes of a probe, by outcome, without zeros. */
export function outcomesBetween(
  before: Metrics,
  after: Metrics,
  target: string,
): Readonly<Record<string, number>> {
  const names = new Set(
    [...after.series.keys()]
      .filter((key) => key.startsWith(`${SAMPLES}{`))
      .map((key) => /\boutcome="([^"]*)"/.exec(key)?.[1] ?? ''),
  );
  const grown = [...names].map((outcome): [string, number] => {
    const labels = { target, outcome };
    return [outcome, after.sum(SAMPLES, labels) - before.sum(SAMPLES, labels)];
  });
  return Object.fromEntries(grown.filter(([, samples]) => samples > 0));
}

/**
 * Every failed sample must have one of `causes`. There must be failed samples, unless `causes` is empty.
 *
 * @param what a phrase such as `while the link was cut`
 * @returns how many failed
 */
export function expectCauses(
  seen: Readonly<Record<string, number>>,
  causes: readonly string[],
  what: string,
  scale: Scale,
  promises: Promises,
): number {
  const innocent = ['ok', ...TOLERATED[scale]].filter((outcome) => !causes.includes(outcome));
  const failed = Object.entries(seen).filter(([outcome]) => !innocent.includes(outcome));
  const samples = failed.reduce((sum, [, count]) => sum + count, 0);
  const wanted =
    causes.length === 0 ? 'No sample may fail' : `Every sample that fails must be ${causes.join(' or ')}`;
  promises.expect(
    failed.every(([outcome]) => causes.includes(outcome)),
    `${wanted} ${what}.`,
    seen,
  );
  promises.expect(causes.length === 0 || samples > 0, `Samples must fail ${what}.`, seen);
  return samples;
}
