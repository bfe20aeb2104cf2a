import type { CheckOptions } from './check-options.ts';
import { systemClock } from './clock.ts';
import { allHeld, type Gate, judge } from './gates.ts';
import { startProbing } from './probing.ts';
import { Tally } from './tally.ts';

export interface CheckResult {
  /** Whether it was stopped before all samples were taken. */
  readonly interrupted: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  /** One for each flow of each target. */
  readonly targets: readonly Tally[];
  readonly gates: readonly Gate[];
}

/** Takes all samples, of all targets at the same time; aborting `signal` ends the check with what there is. */
export async function check(
  { targets, count, limits }: CheckOptions,
  signal: AbortSignal,
): Promise<CheckResult> {
  const startedAt = systemClock.epoch();
  const startMs = systemClock.now();
  const tallies = targets.map((target) => new Tally(target));
  const assignments = tallies.map((tally, index) => ({
    target: tally.target,
    index,
    of: tallies.length,
    observer: tally,
  }));
  const probing = startProbing(assignments, { clock: systemClock, count });
  const abort = (): void => probing.abort();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  await probing.finished;
  signal.removeEventListener('abort', abort);
  const judged = tallies.map((tally) => ({ id: tally.target.id, measures: tally.measures }));
  return {
    interrupted: tallies.some(({ samples }) => samples < count),
    startedAt,
    elapsedMs: systemClock.now() - startMs,
    targets: tallies,
    gates: limits.map((limit) => judge(limit, judged)),
  };
}

export function hasHeld({ gates }: CheckResult): boolean {
  return allHeld(gates);
}
