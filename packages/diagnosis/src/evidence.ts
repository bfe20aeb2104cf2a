import { type OutcomeOf, outcomesOf, type Question } from './questions.ts';

/**
 * What was seen, as an answer to a question: how likely it is under each outcome. The likelihoods are compared with each
 * other only, so that they may have any scale; what is not named is 0.
 */
export type Evidence<Q extends Question = Question> = { readonly [Outcome in OutcomeOf<Q>]?: number };

/** An answer of an experiment. */
export interface Observation<Q extends Question = Question> {
  readonly question: Q;
  readonly evidence: Evidence<Q>;
  /** What was seen, in words and figures. */
  readonly detail: string;
}

/** An answer without doubt. */
export function seen<Q extends Question>(question: Q, outcome: OutcomeOf<Q>, detail: string): Observation<Q> {
  return { question, evidence: { [outcome]: 1 } as Evidence<Q>, detail };
}

/** An answer that may be one of several, each with its likelihood. */
export function observed<Q extends Question>(
  question: Q,
  evidence: Evidence<Q>,
  detail: string,
): Observation<Q> {
  return { question, evidence, detail };
}

/** The outcome that the evidence speaks for most. */
export function likeliest({ question, evidence }: Observation): string {
  const likelihoods = evidence as Readonly<Record<string, number>>;
  return outcomesOf(question).reduce((best, outcome) =>
    (likelihoods[outcome] ?? 0) > (likelihoods[best] ?? 0) ? outcome : best,
  );
}
