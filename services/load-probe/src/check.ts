import type { CheckOptions } from './check-options.ts';
import { systemClock } from './clock.ts';
import { startProbing } from './probing.ts';
import { Tally } from './tally.ts';

/** The outcome of a gate, one for all targets. */
export interface Gate {
  readonly name: 'max-loss';
  /** 0 to 1. */
  readonly allowed: number;
  /** Names of the targets that broke it. */
  readonly brokenBy: readonly string[];
}

export interface CheckResult {
  /** Whether it was stopped before all samples were taken. */
  readonly interrupted: boolean;
  readonly targets: readonly Tally[];
  readonly gates: readonly Gate[];
}

/** Takes all samples, of all targets at the same time; aborting `signal` ends the check with what there is. */
export async function check(
  { targets, count, maxLoss }: CheckOptions,
  signal: AbortSignal,
): Promise<CheckResult> {
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
  await probing.finished;
  signal.removeEventListener('abort', abort);
  // A target of which nothing is known has not been shown to hold.
  const brokenBy = tallies
    .filter(({ lossRatio }) => lossRatio === undefined || lossRatio > maxLoss)
    .map(({ target }) => target.name);
  const interrupted = tallies.some(({ samples }) => samples < count);
  return { interrupted, targets: tallies, gates: [{ name: 'max-loss', allowed: maxLoss, brokenBy }] };
}

export function hasHeld({ gates }: CheckResult): boolean {
  return gates.every(({ brokenBy }) => brokenBy.length === 0);
}
