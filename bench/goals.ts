import { type FigureName, figures } from './figures.ts';
import type { Summary } from './statistics.ts';

/** The goal of a figure: a share of another contender's figure, or a value where there is no `of`. */
export type Goal = {
  readonly figure: FigureName;
  /** The contender that the goal is a share of; undefined for an absolute value. */
  readonly of?: string;
  /** The contender to compare with where `of` could not be measured. */
  readonly orOf?: string;
  /** The contender that must reach the goal; default: `ours`. */
  readonly by?: string;
} & ({ readonly atLeast: number } | { readonly atMost: number });

/** Medians of the contenders of one workload, by name and figure. Figures that were not measured are missing. */
export type Results = ReadonlyMap<string, Partial<Record<FigureName, Summary>>>;

export type GoalResult =
  | { readonly state: 'held'; readonly reached: number; readonly of: string | undefined }
  /** `of`: the contender that was compared with; `by`: the difference from the goal, as a share of the goal. */
  | {
      readonly state: 'missed';
      readonly reached: number;
      readonly of: string | undefined;
      readonly by: number;
    }
  | { readonly state: 'not judged'; readonly because: string };

export function judge(goal: Goal, results: Results): GoalResult {
  const by = goal.by ?? 'ours';
  const value = results.get(by)?.[goal.figure]?.median;
  if (value === undefined) return notJudged(by);
  const of = goal.of === undefined || results.has(goal.of) ? goal.of : (goal.orOf ?? goal.of);
  const base = of === undefined ? 1 : results.get(of)?.[goal.figure]?.median;
  if (base === undefined || base === 0) return notJudged(goal.of!);
  const reached = value / base;
  const wanted = 'atLeast' in goal ? goal.atLeast : goal.atMost;
  const isHeld = 'atLeast' in goal ? reached >= wanted : reached <= wanted;
  return isHeld
    ? { state: 'held', reached, of }
    : { state: 'missed', reached, of, by: Math.abs(reached - wanted) / wanted };
}

/** A goal in words, such as `throughput ≥ 1.1 × go`. */
export function describeGoal(goal: Goal): string {
  const [sign, wanted] = 'atLeast' in goal ? ['≥', goal.atLeast] : ['≤', goal.atMost];
  const title = figures[goal.figure].title.replace(/ [↑↓]$/, '');
  const subject = goal.by === undefined ? title : `${title} of ${goal.by}`;
  const bound = goal.of === undefined ? figures[goal.figure].format(wanted) : `${wanted} × ${goal.of}`;
  return `${subject} ${sign} ${bound}`;
}

/** The result of a goal in words, such as `missed by 12 % (0.97 × go)`. */
export function describeResult(goal: Goal, result: GoalResult): string {
  if (result.state === 'not judged') return `not judged: ${result.because}`;
  const { reached, of } = result;
  const figure = of === undefined ? figures[goal.figure].format(reached) : `${reached.toFixed(2)} × ${of}`;
  return result.state === 'held'
    ? `held (${figure})`
    : `missed by ${(result.by * 100).toFixed(0)} % (${figure})`;
}

function notJudged(name: string): GoalResult {
  return { state: 'not judged', because: `nothing was measured of ${name}` };
}
