import type { SentSample } from '../monitor/messages.ts';
import type { TargetStatus } from '../monitor/status/types.ts';
import { type Phase, phases } from '../sampling/sample.ts';
import { percentile, roundMs } from './history.ts';

/** What the figures of a status are about. */
export const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1000;
/** A minute of one sample a millisecond. */
const MAX_SAMPLES = 60_000;

interface Counted {
  readonly at: number;
  readonly count: number;
}

/** The prober's own share in a target's last minute. */
export interface OwnShare {
  readonly proberLate: number;
  readonly maxLagMs: number;
}

/** The last minute of a target in full, for the figures that its history does not keep. */
export class RecentSamples {
  #samples: SentSample[] = [];
  #duplicates: Counted[] = [];
  #reordered: Counted[] = [];

  add(sample: SentSample): void {
    this.#samples.push(sample);
    // One that waited long for its end goes before those that were due later.
    for (let place = this.#samples.length - 1; place > 0; place -= 1) {
      if (this.#samples[place - 1]!.at <= sample.at) break;
      this.#samples[place] = this.#samples[place - 1]!;
      this.#samples[place - 1] = sample;
    }
    // Half of them at a time, as taking one off the front moves all the others.
    const half = this.#samples.length >>> 1;
    const isHalfOld = this.#samples[half]!.at < sample.at - WINDOW_MS;
    if (isHalfOld || this.#samples.length > 2 * MAX_SAMPLES) this.#samples.splice(0, half);
  }

  addDuplicates(at: number, count: number): void {
    this.#duplicates = [...within(this.#duplicates, at), { at, count }];
  }

  addReordered(at: number): void {
    this.#reordered = [...within(this.#reordered, at), { at, count: 1 }];
  }

  /** Drops what is later than `at`, milliseconds since the Unix epoch. */
  dropAfter(at: number): void {
    this.#samples = this.#samples.filter((sample) => sample.at <= at);
    this.#duplicates = this.#duplicates.filter((noticed) => noticed.at <= at);
    this.#reordered = this.#reordered.filter((noticed) => noticed.at <= at);
  }

  /** @param now milliseconds since the Unix epoch */
  window(now: number): TargetStatus['window'] & OwnShare & { readonly judged: number } {
    const samples = within(this.#samples, now);
    const count = (outcome: string): number => samples.filter((sample) => sample.outcome === outcome).length;
    const ok = count('ok');
    const proberLate = count('prober_late');
    const judged = samples.length - proberLate;
    const rtts = Float64Array.from(samples.flatMap(({ rttMs }) => rttMs ?? [])).sort();
    return {
      seconds: WINDOW_S,
      samples: samples.length,
      ok,
      lossRatio: judged === 0 ? 0 : (judged - ok) / judged,
      p50Ms: percentile(rtts, 0.5),
      p99Ms: percentile(rtts, 0.99),
      jitterMs: jitterOf(samples),
      duplicates: sum(within(this.#duplicates, now)),
      reordered: sum(within(this.#reordered, now)),
      phasesMs: medianPhases(samples),
      judged,
      proberLate,
      maxLagMs: samples.reduce((most, { lagMs }) => Math.max(most, lagMs), 0),
    };
  }
}

/** Mean of the differences between neighbours, see jitter.ts. */
function jitterOf(samples: readonly SentSample[]): number | null {
  const changes = samples.flatMap(({ rttMs }, index) => {
    const before = samples[index - 1]?.rttMs ?? null;
    return rttMs === null || before === null ? [] : Math.abs(rttMs - before);
  });
  if (changes.length === 0) return null;
  return roundMs(changes.reduce((total, change) => total + change, 0) / changes.length);
}

function medianPhases(samples: readonly SentSample[]): Partial<Record<Phase, number>> {
  const medians: Partial<Record<Phase, number>> = {};
  for (const phase of phases) {
    const times = Float64Array.from(samples.flatMap((sample) => sample.phases[phase] ?? [])).sort();
    const median = percentile(times, 0.5);
    if (median !== null) medians[phase] = median;
  }
  return medians;
}

function within<T extends { readonly at: number }>(items: readonly T[], now: number): readonly T[] {
  return items.filter(({ at }) => at >= now - WINDOW_MS);
}

function sum(items: readonly Counted[]): number {
  return items.reduce((total, { count }) => total + count, 0);
}
