import { type Outcome, outcomes } from '../sampling/outcome.ts';
import { Jitter } from './jitter.ts';

/** What is counted of a sample. */
export interface CountedSample {
  readonly sequence: number;
  readonly outcome: Outcome;
  /** Milliseconds; undefined where no answer came. */
  readonly rttMs: number | undefined;
}

export function noOutcomes(): Record<Outcome, number> {
  return Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
}

/** What the samples of one series came to: those of a whole check, or those of the last minute. */
export class SampleStats {
  readonly outcomes = noOutcomes();
  samples = 0;
  readonly #jitter = new Jitter();
  /** Sum of the changes of the round trip from one sample to the next, milliseconds. */
  #changeMs = 0;
  #changes = 0;

  add({ sequence, outcome, rttMs }: CountedSample): void {
    this.samples += 1;
    this.outcomes[outcome] += 1;
    const changeMs = rttMs === undefined ? undefined : this.#jitter.add(sequence, rttMs);
    if (changeMs === undefined) return;
    this.#changeMs += changeMs;
    this.#changes += 1;
  }

  /** Samples that say something about the target: those that the prober itself delayed do not. */
  get judged(): number {
    return this.samples - this.outcomes.prober_late;
  }

  /** The share of the judged samples that are not ok, 0 to 1; undefined where none is judged. */
  get lossRatio(): number | undefined {
    const { judged } = this;
    return judged === 0 ? undefined : (judged - this.outcomes.ok) / judged;
  }

  /** The other part: counted, as 1 - 9 / 10 is less than 1 / 10. */
  get successRatio(): number | undefined {
    const { judged } = this;
    return judged === 0 ? undefined : this.outcomes.ok / judged;
  }

  /** The mean change of the round trip, milliseconds; undefined where no two neighbours came back. */
  get jitterMs(): number | undefined {
    return this.#changes === 0 ? undefined : this.#changeMs / this.#changes;
  }
}
