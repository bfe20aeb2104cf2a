import { type Beliefs, namesOfHypotheses } from './beliefs.ts';
import { type Experiment, experiments } from './experiments.ts';
import { hypotheses } from './hypotheses.ts';
import { outcomesOf, type Question } from './questions.ts';

/** A hypothesis that is less likely has no say in what comes next. */
const NEGLIGIBLE = 1e-6;

/** What an experiment is expected to tell of the name of the cause. Bits. */
export function expectedBits(beliefs: Beliefs, experiment: Experiment): number {
  // The answers of one experiment are taken for independent, so that this is what they tell at most.
  return experiments[experiment].asks.reduce((sum, question) => sum + bitsOf(beliefs, question), 0);
}

/** The mutual information of the name and the outcome. */
function bitsOf(beliefs: Beliefs, question: Question): number {
  const size = outcomesOf(question).length;
  /** By name and outcome. */
  const joint = new Float64Array(namesOfHypotheses.length * size);
  for (const [index, { probabilities }] of hypotheses.entries()) {
    const weight = beliefs.weights[index]!;
    if (weight < NEGLIGIBLE) continue;
    const at = beliefs.nameIndexes[index]! * size;
    const shares = probabilities[question];
    for (let outcome = 0; outcome < size; outcome += 1) joint[at + outcome]! += weight * shares[outcome]!;
  }
  const all = new Float64Array(size);
  for (const [at, share] of joint.entries()) all[at % size]! += share;
  const total = sumOf(all);
  let bits = 0;
  for (let at = 0; at < joint.length; at += size) {
    const shares = joint.subarray(at, at + size);
    const weight = sumOf(shares);
    for (const [outcome, share] of shares.entries()) {
      if (share > 0) bits += share * Math.log2((share * total) / (weight * all[outcome]!));
    }
  }
  return bits;
}

function sumOf(numbers: Float64Array): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/**
 * The experiment that tells most per second; undefined where none of them tells enough.
 *
 * @param leastBits what an experiment has to tell to be worth its time
 */
export function mostTelling(
  beliefs: Beliefs,
  candidates: readonly Experiment[],
  leastBits: number,
): Experiment | undefined {
  let best: Experiment | undefined;
  let highest = 0;
  for (const experiment of candidates) {
    const bits = expectedBits(beliefs, experiment);
    const perSecond = bits / experiments[experiment].seconds;
    if (bits < leastBits || perSecond <= highest) continue;
    best = experiment;
    highest = perSecond;
  }
  return best;
}
