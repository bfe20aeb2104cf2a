import { outcomes } from '../../sampling/outcome.ts';
import { type Phase, phases } from '../../sampling/sample.ts';
import type { Sample } from '../../sampling/sampler.ts';
import { roundMs } from '../../stats/history.ts';
import { quantilesOf } from '../../stats/quantiles.ts';
import { SampleStats } from '../../stats/sample-stats.ts';
import { TimeRing } from '../../stats/time-ring.ts';
import type { TargetStatus } from './types.ts';

const WINDOW_S = 60;
const WINDOW_MS = WINDOW_S * 1000;
/** A minute, and samples that are due a little later than now. */
const KEPT_MS = 66_000;
const MIN_SAMPLES = 10;
/** A minute of one sample a millisecond; 45 bytes each. */
const MAX_SAMPLES = 60_000;
/** Figures of a sample, milliseconds; NaN where it has none. */
const COLUMNS = ['rtt', 'wireRtt', 'reflector', 'lag', ...phases] as const;
type Column = (typeof COLUMNS)[number];

/** For the figures of one column at a time, of all targets: thousands of targets are asked each second. */
let found = new Float32Array(MIN_SAMPLES);

interface CountedEvent {
  readonly at: number;
  readonly count: number;
}

/** How late the prober itself was in a target's last minute. */
export interface ProberLateness {
  readonly proberLate: number;
  readonly maxLagMs: number;
}

export type LastMinuteFigures = TargetStatus['window'] &
  ProberLateness &
  Pick<SampleStats, 'judged' | 'timed'>;

/** All samples of a target's last minute, for figures that the history does not keep, in memory of a fixed size. */
export class LastMinute {
  readonly #ring: TimeRing;
  readonly #sequence: Float64Array;
  readonly #outcome: Uint8Array;
  /** By slot and column. */
  readonly #ms: Float32Array;
  #duplicates: readonly CountedEvent[] = [];
  #reordered: readonly CountedEvent[] = [];

  constructor(intervalMs: number) {
    const capacity = Math.min(MAX_SAMPLES, Math.max(MIN_SAMPLES, Math.ceil(KEPT_MS / intervalMs)));
    this.#sequence = new Float64Array(capacity);
    this.#outcome = new Uint8Array(capacity);
    this.#ms = new Float32Array(capacity * COLUMNS.length);
    this.#ring = new TimeRing(capacity, (from, to) => {
      this.#sequence[to] = this.#sequence[from]!;
      this.#outcome[to] = this.#outcome[from]!;
      this.#ms.copyWithin(to * COLUMNS.length, from * COLUMNS.length, (from + 1) * COLUMNS.length);
    });
  }

  /** A sample with a late end goes before samples that were due later. */
  add({ at, lagMs, outcome, phases: times, reflectorMs, rttMs, sequence, wireRttMs }: Sample): void {
    const ring = this.#ring;
    if (ring.isFull) {
      if (at < ring.at(ring.start)) return;
      ring.dropOldest(1);
    }
    const slot = ring.insert(at);
    this.#sequence[slot] = sequence;
    this.#outcome[slot] = outcomes.indexOf(outcome);
    let cell = slot * COLUMNS.length;
    for (const time of [rttMs, wireRttMs, reflectorMs, lagMs]) this.#ms[cell++] = time ?? Number.NaN;
    for (const phase of phases) this.#ms[cell++] = times[phase] ?? Number.NaN;
  }

  addDuplicates(at: number, count: number): void {
    this.#duplicates = [...within(this.#duplicates, at), { at, count }];
  }

  addReordered(at: number): void {
    this.#reordered = [...within(this.#reordered, at), { at, count: 1 }];
  }

  /** Drops samples and events that are later than `at`, milliseconds since the Unix epoch. */
  dropAfter(at: number): void {
    this.#ring.dropAfter(at);
    this.#duplicates = this.#duplicates.filter((event) => event.at <= at);
    this.#reordered = this.#reordered.filter((event) => event.at <= at);
  }

  /** @param now milliseconds since the Unix epoch */
  figures(now: number): LastMinuteFigures {
    const ring = this.#ring;
    const first = ring.from(now - WINDOW_MS);
    const stats = new SampleStats();
    for (let position = first; position < ring.end; position += 1) {
      const slot = ring.slot(position);
      const rttMs = this.#ms[slot * COLUMNS.length]!;
      stats.add({
        sequence: this.#sequence[slot]!,
        outcome: outcomes[this.#outcome[slot]!]!,
        rttMs: Number.isNaN(rttMs) ? undefined : rttMs,
      });
    }
    const at = (column: Column, ...shares: number[]): number[] =>
      quantilesOf(this.#column(column, first), shares).map(roundMs);
    const [p50Ms = null, p99Ms = null] = at('rtt', 0.5, 0.99);
    const [wireP50Ms = null, wireP99Ms = null] = at('wireRtt', 0.5, 0.99);
    const [reflectorP50Ms = null, reflectorP99Ms = null] = at('reflector', 0.5, 0.99);
    const [maxLagMs = 0] = at('lag', 1);
    const phasesMs: Partial<Record<Phase, number>> = {};
    for (const phase of phases) {
      const [medianMs] = at(phase, 0.5);
      if (medianMs !== undefined) phasesMs[phase] = medianMs;
    }
    return {
      seconds: WINDOW_S,
      samples: stats.samples,
      ok: stats.outcomes.ok,
      lossRatio: stats.lossRatio ?? 0,
      p50Ms,
      p99Ms,
      wireP50Ms,
      wireP99Ms,
      reflectorP50Ms,
      reflectorP99Ms,
      jitterMs: stats.jitterMs === undefined ? null : roundMs(stats.jitterMs),
      duplicates: sum(within(this.#duplicates, now)),
      reordered: sum(within(this.#reordered, now)),
      phasesMs,
      judged: stats.judged,
      timed: stats.timed,
      proberLate: stats.outcomes.prober_late,
      maxLagMs,
    };
  }

  /** The figures of a column from a position on, those that there are; until the next call. */
  #column(name: Column, first: number): Float32Array {
    const ring = this.#ring;
    const column = COLUMNS.indexOf(name);
    if (found.length < ring.capacity) found = new Float32Array(ring.capacity);
    let count = 0;
    for (let position = first; position < ring.end; position += 1) {
      const ms = this.#ms[ring.slot(position) * COLUMNS.length + column]!;
      if (Number.isNaN(ms)) continue;
      found[count] = ms;
      count += 1;
    }
    return found.subarray(0, count);
  }
}

function within<T extends { readonly at: number }>(items: readonly T[], now: number): readonly T[] {
  return items.filter(({ at }) => at >= now - WINDOW_MS);
}

function sum(items: readonly CountedEvent[]): number {
  return items.reduce((total, { count }) => total + count, 0);
}
