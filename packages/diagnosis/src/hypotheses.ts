import { type Cause, causeNames, causeSpec } from './causes.ts';
import { outcomesOf, type Question, questionNames, questions } from './questions.ts';

/** What may be the case: a cause, two at once, or none that has a name. */
export interface Hypothesis {
  /** In the order of the way of a packet; none = unknown. */
  readonly causes: readonly Cause[];
  /** Before any experiment, together 1. */
  readonly prior: number;
  /** By question: the probability of each outcome. */
  readonly probabilities: Readonly<Record<Question, readonly number[]>>;
}

/**
 * The share of answers that come out as anything, whatever is the case. It keeps every probability above 0, so that no
 * single odd answer rules out the truth.
 */
const NOISE = 0.0002;
/** Two causes at once, compared with what two independent ones would have. */
const TOGETHER = 0.5;
/** Of all priors. */
const UNKNOWN_PRIOR = 0.003;

/** Of the answers where the cause has no name, those that come out as anything. */
const ANYTHING = 0.25;

type Shares = Readonly<Record<string, number>>;

/** All hypotheses of the table of causes; the last one is unknown. */
export const hypotheses: readonly Hypothesis[] = allHypotheses();

function allHypotheses(): Hypothesis[] {
  const total = causeNames.reduce((sum, cause) => sum + causeSpec(cause).weight, 0);
  const share = (cause: Cause): number => causeSpec(cause).weight / total;
  const faults = causeNames.filter((cause) => cause !== 'healthy');
  const sets: [causes: Cause[], weight: number][] = [
    ...causeNames.map((cause): [Cause[], number] => [[cause], share(cause)]),
    ...faults.flatMap((first, index) =>
      faults
        .slice(index + 1)
        .map((second): [Cause[], number] => [[first, second], share(first) * share(second) * TOGETHER]),
    ),
  ];
  const sum = sets.reduce((all, [, weight]) => all + weight, 0);
  const named = sets.map(([causes, weight]) => ({
    causes,
    prior: ((1 - UNKNOWN_PRIOR) * weight) / sum,
    probabilities: probabilitiesOf((question) => withNoise(predicted(question, causes))),
  }));
  return [...named, unknownBeside(named)];
}

/**
 * What fits no cause: each answer is one that some cause predicts, or any other, but not all are those of one cause. A cause
 * gains over it by what it alone predicts, and loses by each answer that it does not.
 */
function unknownBeside(named: readonly Hypothesis[]): Hypothesis {
  const single = named.filter(({ causes }) => causes.length === 1);
  const sum = single.reduce((all, { prior }) => all + prior, 0);
  const probabilities = probabilitiesOf((question) =>
    outcomesOf(question).map((_, index) => {
      const mean = single.reduce(
        (all, { prior, probabilities }) => all + prior * probabilities[question][index]!,
        0,
      );
      return ((1 - ANYTHING) * mean) / sum + ANYTHING / outcomesOf(question).length;
    }),
  );
  return { causes: [], prior: UNKNOWN_PRIOR, probabilities };
}

function probabilitiesOf(of: (question: Question) => number[]): Hypothesis['probabilities'] {
  return Object.fromEntries(questionNames.map((question) => [question, of(question)])) as Record<
    Question,
    number[]
  >;
}

/** Of two causes that both make a difference, the worse outcome is seen. */
function predicted(question: Question, set: readonly Cause[]): number[] {
  const differing = set.flatMap((cause) => causeSpec(cause).predicts[question] ?? []);
  const [first, second] = (differing.length > 0 ? differing : [questions[question].usual]).map(
    (shares: Shares) => outcomesOf(question).map((outcome) => shares[outcome] ?? 0),
  );
  if (!second) return first!;
  return first!.map((share, index) => {
    const upTo = (shares: readonly number[], end: number): number =>
      shares.slice(0, end).reduce((a, b) => a + b, 0);
    return share * upTo(second, index + 1) + second[index]! * upTo(first!, index);
  });
}

function withNoise(shares: readonly number[]): number[] {
  return shares.map((share) => share * (1 - NOISE) + NOISE / shares.length);
}
