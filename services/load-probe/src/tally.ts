import { build, type Histogram } from 'hdr-histogram-js';
import { type Outcome, outcomes } from './outcome.ts';
import type { Target } from './target.ts';
import type { Sample, SampleObserver } from './watch-target.ts';

const US_PER_MS = 1_000;
/** Longer than the longest timeout with its grace. */
const HIGHEST_US = 2 * 3_600 * 1_000 * US_PER_MS;

/** Milliseconds. */
export interface RoundTrips {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface FailureCount {
  readonly outcome: Outcome;
  readonly count: number;
  /** The words of the last one. */
  readonly detail: string;
}

/** What a check counts of one target. */
export class Tally implements SampleObserver {
  readonly target: Target;
  readonly outcomes = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  samples = 0;
  duplicated = 0;
  outOfOrder = 0;
  readonly #details = new Map<Outcome, string>();
  readonly #roundTrips: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
  });

  constructor(target: Target) {
    this.target = target;
  }

  sample({ outcome, detail, rttMs }: Sample): void {
    this.samples += 1;
    this.outcomes[outcome] += 1;
    if (outcome !== 'ok') this.#details.set(outcome, detail);
    if (rttMs !== undefined) this.#roundTrips.recordValue(Math.max(1, Math.round(rttMs * US_PER_MS)));
  }

  duplicates(count: number): void {
    this.duplicated += count;
  }

  reordered(): void {
    this.outOfOrder += 1;
  }

  /** 0 to 1; the samples that the prober itself delayed left out. Undefined when there is no other. */
  get lossRatio(): number | undefined {
    const judged = this.samples - this.outcomes.prober_late;
    return judged === 0 ? undefined : (judged - this.outcomes.ok) / judged;
  }

  get roundTrips(): RoundTrips | undefined {
    const histogram = this.#roundTrips;
    if (histogram.totalCount === 0) return undefined;
    const max = histogram.maxValue;
    // A bucket's upper edge may lie above the largest value in it.
    const at = (percent: number): number =>
      Math.min(max, histogram.getValueAtPercentile(percent)) / US_PER_MS;
    return { p50: at(50), p90: at(90), p99: at(99), max: max / US_PER_MS };
  }

  /** Most frequent first. */
  get failures(): FailureCount[] {
    return [...this.#details]
      .map(([outcome, detail]) => ({ outcome, count: this.outcomes[outcome], detail }))
      .sort((one, other) => other.count - one.count);
  }
}
