import type { Outcome } from './outcome.ts';

/**
 * The prober's own share in a sample, above which it says nothing about the target: a start later than this
 * after the due time, or an event loop that stood still for longer than this at a stretch while the sample was
 * under way.
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

/** A silence is the target's own if the prober listened for more than three quarters of it. */
const SILENCE_STALL_SHARE = 0.25;

/**
 * Whether a stall of the prober may have made the outcome what it is.
 *
 * @param stalledMs the longest stall in the sample's life
 * @param lifeMs from the sample's start to its end
 */
export function isTainted(outcome: Outcome, stalledMs: number, lifeMs: number): boolean {
  if (timed.has(outcome)) return stalledMs > PROBER_LATE_MS;
  if (silent.has(outcome)) return stalledMs > Math.max(PROBER_LATE_MS, lifeMs * SILENCE_STALL_SHARE);
  return false;
}
