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
 * The effect of a stall on a sample. `judged_by_wire`: the outcome is the target's own, by the kernel's timestamps, but the
 * time that the sample took is not.
 */
export type StallEffect = 'none' | 'judged_by_wire' | 'prober_late';

interface StalledSample {
  readonly outcome: Outcome;
  /** The longest stall during the sample. */
  readonly stalledMs: number;
  /** From the sample's start to its end. */
  readonly lifeMs: number;
  readonly timeoutMs: number;
  readonly wireMs: number | undefined;
}

export function stallEffect({ outcome, stalledMs, lifeMs, timeoutMs, wireMs }: StalledSample): StallEffect {
  if (!isTainted(outcome, stalledMs, lifeMs)) return 'none';
  if (wireMs === undefined) return 'prober_late';
  // Late, but within the timeout on the wire: the probe sent the request late.
  return outcome === 'ok' || wireMs > timeoutMs ? 'judged_by_wire' : 'prober_late';
}

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
