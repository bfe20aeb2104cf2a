import type { Outcome } from './outcome.ts';

/**
 * Maximum delay that the prober itself may add to a sample: a later start after the due time, or a longer stall of the
 * event loop during the sample, makes the sample say nothing about the target.
 */
export const PROBER_LATE_MS = 50;

/** Only these outcomes depend on timing. The others happened whenever the probe noticed them. */
const timed: ReadonlySet<Outcome> = new Set(['ok', 'late']);
const silent: ReadonlySet<Outcome> = new Set([
  'lost',
  'dns',
  'connect_timeout',
  'read_timeout',
  'write_timeout',
]);

/** A silence counts against the target only if the prober was not stalled for a quarter of it or more. */
const SILENCE_STALL_SHARE = 0.25;

/**
 * Whether a stall of the prober may have caused the outcome.
 *
 * @param stalledMs the longest stall during the sample
 * @param lifeMs from the sample's start to its end
 */
export function isTainted(outcome: Outcome, stalledMs: number, lifeMs: number): boolean {
  if (timed.has(outcome)) return stalledMs > PROBER_LATE_MS;
  if (silent.has(outcome)) return stalledMs > Math.max(PROBER_LATE_MS, lifeMs * SILENCE_STALL_SHARE);
  return false;
}
