import { type Outcome, outcomes } from '../sampling/outcome.ts';
import { Jitter } from './jitter.ts';

/** The part of a sample that is counted. */
export interface CountedSample {
  readonly sequence: number;
  readonly outcome: Outcome;
  /** Milliseconds; undefined where no answer came. */
  readonly rttMs: number | undefined;
}

export function noOutcomes(): Record<Outcome, number> {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
}

/** Counts, loss and jitter of the samples of one series: of a whole check, or of the last minute. */
export class SampleStats {
  readonly outcomes = noOutcomes();
  samples = 0;
  /** Samples with a reply but without a round-trip time, because the probe was stalled. */
  #untimed = 0;
  readonly #jitter = new Jitter();
  /** Sum of the changes of the round trip from one sample to the next, milliseconds. */
  #changeMs = 0;
  #changes = 0;

  add({ sequence, outcome, rttMs }: CountedSample): void {
    this.samples += 1;
    this.outcomes[outcome] += 1;
    if (rttMs === undefined && (outcome === 'ok' || outcome === 'late')) this.#untimed += 1;
    const changeMs = rttMs === undefined ? undefined : this.#jitter.add(sequence, rttMs);
    if (changeMs === undefined) return;
    this.#changeMs += changeMs;
    this.#changes += 1;
  }

  /** Samples that measured the target: all but those that the prober itself delayed. */
  get judged(): number {
    return this.samples - this.outcomes.prober_late;
  }

  /** Of them: samples whose round-trip time is known, or that have none because no reply came. */
  get timed(): number {
    return this.judged - this.#untimed;
  }

  /** Samples that are as they should be: ok, or blocked where they must be. */
  get right(): number {
    return this.outcomes.ok + this.outcomes.blocked;
  }

  /** The share of judged samples that are not right, 0 to 1; undefined when no sample was judged. */
  get lossRatio(): number | undefined {
    const { judged } = this;
    return judged === 0 ? undefined : (judged - this.right) / judged;
  }

  /** The share of judged samples that are right. Not `1 - lossRatio`, as 1 - 9 / 10 is less than 1 / 10 in floating point. */
  get successRatio(): number | undefined {
    const { judged } = this;
    return judged === 0 ? undefined : this.right / judged;
  }

  /** The mean change of the round-trip time, milliseconds; undefined when no two consecutive samples had replies. */
  get jitterMs(): number | undefined {
    return this.#changes === 0 ? undefined : this.#changeMs / this.#changes;
  }
}
