import { type Phase, phases } from '../../sampling/sample.ts';
import type { Sample } from '../../sampling/sampler.ts';
import { percentile, roundMs } from '../../stats/history.ts';
import { SampleStats } from '../../stats/sample-stats.ts';
import type { TargetStatus } from './types.ts';

const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1000;
/** A minute of one sample a millisecond. */
const MAX_SAMPLES = 60_000;

interface CountedEvent {
  readonly at: number;
  readonly count: number;
}

/** How late the prober itself was in a target's last minute. */
export interface ProberLateness {
  readonly proberLate: number;
  readonly maxLagMs: number;
}

/** All samples of a target's last minute, for figures that the history does not keep. */
export class LastMinute {
  #samples: Sample[] = [];
  #duplicates: readonly CountedEvent[] = [];
  #reordered: readonly CountedEvent[] = [];

  add(sample: Sample): void {
    this.#samples.push(sample);
    // Kept in the order of due times: a sample with a late end goes before samples that were due later.
    for (let place = this.#samples.length - 1; place > 0; place -= 1) {
      if (this.#samples[place - 1]!.at <= sample.at) break;
      this.#samples[place] = this.#samples[place - 1]!;
      this.#samples[place - 1] = sample;
    }
    // Old samples are removed in halves, because removing from the front moves all others.
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

  /** Drops samples and events that are later than `at`, milliseconds since the Unix epoch. */
  dropAfter(at: number): void {
    this.#samples = this.#samples.filter((sample) => sample.at <= at);
    this.#duplicates = this.#duplicates.filter((event) => event.at <= at);
    this.#reordered = this.#reordered.filter((event) => event.at <= at);
  }

  /** @param now milliseconds since the Unix epoch */
  figures(now: number): TargetStatus['window'] & ProberLateness & Pick<SampleStats, 'judged' | 'timed'> {
    const samples = within(this.#samples, now);
    const stats = new SampleStats();
    for (const sample of samples) stats.add(sample);
    const rtts = ascending(samples.map(({ rttMs }) => rttMs));
    const wireRtts = ascending(samples.map(({ wireRttMs }) => wireRttMs));
    return {
      seconds: WINDOW_S,
      samples: stats.samples,
      ok: stats.outcomes.ok,
      lossRatio: stats.lossRatio ?? 0,
      p50Ms: percentile(rtts, 0.5),
      p99Ms: percentile(rtts, 0.99),
      wireP50Ms: percentile(wireRtts, 0.5),
      wireP99Ms: percentile(wireRtts, 0.99),
      jitterMs: stats.jitterMs === undefined ? null : roundMs(stats.jitterMs),
      duplicates: sum(within(this.#duplicates, now)),
      reordered: sum(within(this.#reordered, now)),
      phasesMs: medianPhases(samples),
      judged: stats.judged,
      timed: stats.timed,
      proberLate: stats.outcomes.prober_late,
      maxLagMs: samples.reduce((most, { lagMs }) => Math.max(most, lagMs), 0),
    };
  }
}

function medianPhases(samples: readonly Sample[]): Partial<Record<Phase, number>> {
  const medians: Partial<Record<Phase, number>> = {};
  for (const phase of phases) {
    const median = percentile(ascending(samples.map((sample) => sample.phases[phase])), 0.5);
    if (median !== null) medians[phase] = median;
  }
  return medians;
}

function ascending(times: readonly (number | undefined)[]): Float64Array {
  return Float64Array.from(times.filter((time) => time !== undefined)).sort();
}

function within<T extends { readonly at: number }>(items: readonly T[], now: number): readonly T[] {
  return items.filter(({ at }) => at >= now - WINDOW_MS);
}

function sum(items: readonly CountedEvent[]): number {
  return items.reduce((total, { count }) => total + count, 0);
}
