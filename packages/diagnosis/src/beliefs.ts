import { type Cause, causeNames } from './causes.ts';
import type { Observation } from './evidence.ts';
import { type Hypothesis, hypotheses } from './hypotheses.ts';
import { outcomesOf } from './questions.ts';

export type Name = Cause | 'unknown';

/** What a hypothesis is called: its first cause on the way of a packet, or unknown. */
export const namesOfHypotheses: readonly Name[] = [...causeNames, 'unknown'];
const nameIndexes: readonly number[] = hypotheses.map(({ causes }) =>
  namesOfHypotheses.indexOf(causes[0] ?? 'unknown'),
);

/** Evidence is never more certain than this: even what was seen by all samples may have been seen wrongly. */
const LEAST_LIKELIHOOD = 1e-4;

/** A cause is not tested where what was observed is about as likely with it as with a healthy target. */
const isLike = (ratio: number): boolean => ratio > 0.3 && ratio < 1.5;

/** How likely each hypothesis is after what was observed. The order of the observations makes no difference. */
export class Beliefs {
  /** By hypothesis, an index into `namesOfHypotheses`. */
  readonly nameIndexes = nameIndexes;
  /** Logarithms, up to a constant. */
  readonly #logs = hypotheses.map(({ prior }) => Math.log(prior));
  #weights: readonly number[] = hypotheses.map(({ prior }) => prior);

  observe(observation: Observation): void {
    const likelihoods = likelihoodsOf(observation);
    for (const [index, { probabilities }] of hypotheses.entries()) {
      const shares = probabilities[observation.question];
      let likelihood = 0;
      for (let outcome = 0; outcome < shares.length; outcome += 1) {
        likelihood += shares[outcome]! * likelihoods[outcome]!;
      }
      this.#logs[index]! += Math.log(likelihood);
    }
    const highest = Math.max(...this.#logs);
    const weights = this.#logs.map((log) => Math.exp(log - highest));
    const sum = weights.reduce((all, weight) => all + weight, 0);
    this.#weights = weights.map((weight) => weight / sum);
  }

  /** The probability of each hypothesis, together 1. */
  get weights(): readonly number[] {
    return this.#weights;
  }

  /** How likely each name is; the most likely first. Together 1. */
  names(): readonly { readonly name: Name; readonly probability: number }[] {
    const sums = namesOfHypotheses.map(() => 0);
    for (const [index, weight] of this.#weights.entries()) sums[nameIndexes[index]!]! += weight;
    return namesOfHypotheses
      .map((name, index) => ({ name, probability: sums[index]! }))
      .sort((one, other) => other.probability - one.probability);
  }

  /** How likely it is that a cause is there, alone or beside another. */
  presence(cause: Cause): number {
    return hypotheses.reduce(
      (sum, { causes }, index) => (causes.includes(cause) ? sum + this.#weights[index]! : sum),
      0,
    );
  }

  /** How likely it is that a cause is there, and no other. */
  aloneProbability(cause: Cause): number {
    return this.#weights[hypotheses.findIndex(({ causes }) => causes.length === 1 && causes[0] === cause)]!;
  }

  /** How likely it is that nothing is wrong, without the causes that nothing that was observed speaks against. */
  healthyAsFarAsTested(): { readonly probability: number; readonly untested: readonly Cause[] } {
    const isHealthy = ({ causes }: Hypothesis): boolean => causes[0] === 'healthy';
    const support = hypotheses.map(({ prior }, index) => this.#weights[index]! / prior);
    const ofHealthy = support[hypotheses.findIndex(isHealthy)]!;
    const isUntested = hypotheses.map(
      (hypothesis, index) =>
        !isHealthy(hypothesis) && hypothesis.causes.length > 0 && isLike(support[index]! / ofHealthy),
    );
    const tested = this.#weights.filter((_, index) => !isUntested[index]);
    return {
      probability: this.aloneProbability('healthy') / tested.reduce((sum, weight) => sum + weight, 0),
      untested: hypotheses.flatMap(({ causes }, index) =>
        isUntested[index] && causes.length === 1 ? causes : [],
      ),
    };
  }
}

/** By outcome, the highest 1. */
function likelihoodsOf({ question, evidence }: Observation): number[] {
  const given = evidence as Readonly<Record<string, number>>;
  const likelihoods = outcomesOf(question).map((outcome) => given[outcome] ?? 0);
  const highest = Math.max(...likelihoods);
  if (!(highest > 0)) throw new RangeError(`the evidence on ${question} speaks for no outcome`);
  return likelihoods.map((likelihood) => Math.max(likelihood / highest, LEAST_LIKELIHOOD));
}
