import { allHeld, type Gate } from '../../cli/gates.ts';
import { systemClock } from '../../sampling/clock.ts';
import { judgeSeries, startSeries } from '../../series/start.ts';
import { Tally } from '../../series/tally.ts';
import type { CheckOptions } from './options.ts';
import { judgeResponders } from './responders-gate.ts';

export interface CheckResult {
  /** Whether it was stopped before all samples were taken. */
  readonly interrupted: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  /** One for each flow of each target. */
  readonly targets: readonly Tally[];
  readonly gates: readonly Gate[];
  /** The smallest share of samples that must have measured the target, 0 to 1. */
  readonly minMeasured: number;
}

/** Takes all samples of all targets. Aborting `signal` ends the check with the samples so far. */
export async function check(
  { targets, count, limits, minMeasured, responders }: CheckOptions,
  signal: AbortSignal,
): Promise<CheckResult> {
  const startedAt = systemClock.epoch();
  const startMs = systemClock.now();
  const { probing, tallies } = await startSeries(targets, {
    count,
    signal,
    tallyOf: (target, asked) => new Tally(target, asked),
  });
  const abort = (): void => probing.abort();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  await probing.finished;
  signal.removeEventListener('abort', abort);
  const asked = tallies.flatMap(({ target, samples, who }) =>
    who && !target.expect ? [{ id: target.id, samples, who }] : [],
  );
  return {
    interrupted: tallies.some(({ samples, asked }) => samples < asked),
    startedAt,
    elapsedMs: systemClock.now() - startMs,
    targets: tallies,
    gates: [
      ...judgeSeries(tallies, limits, minMeasured),
      ...(responders ? [judgeResponders(responders, responders.text, asked, minMeasured)] : []),
    ],
    minMeasured,
  };
}

export function hasHeld({ gates }: CheckResult): boolean {
  return allHeld(gates);
}
