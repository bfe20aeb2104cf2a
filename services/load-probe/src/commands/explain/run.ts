import {
  type Cause,
  type Conclusion,
  Diagnosis,
  type Experiment,
  type Observation,
} from '@echo-daytime/diagnosis';
import { runs } from '../../experiments/all.ts';
import { openSubject } from '../../experiments/open-subject.ts';
import type { FaultDetails } from '../../experiments/subject.ts';
import type { Clock } from '../../sampling/clock.ts';
import type { ExplainOptions } from './options.ts';

/** An experiment that was done. */
export interface Done {
  readonly experiment: Experiment;
  /** From the beginning of all, milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly observations: readonly Observation[];
}

export interface Explanation {
  readonly conclusion: Conclusion;
  readonly done: readonly Done[];
  readonly details: FaultDetails;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  /** Of `unknown`: why no more experiments were done. */
  readonly end: 'known' | 'nothing_tells_more' | 'time_is_up' | 'interrupted';
}

export interface ExplainEvents {
  begun(experiment: Experiment): void;
  /** @param ruledOut causes that this experiment has ruled out */
  ended(done: Done, ruledOut: readonly Cause[]): void;
}

export interface ExplainLimits {
  readonly clock: Clock;
  /** An abort ends with what is known so far. */
  readonly signal: AbortSignal;
}

const MS_PER_SECOND = 1_000;

/** Does one experiment after another until a cause is left, or nothing tells more, or the time is up. */
export async function explain(
  { budgetMs, maxRate, target }: ExplainOptions,
  { clock, signal: interrupted }: ExplainLimits,
  events: ExplainEvents,
): Promise<Explanation> {
  const startMs = clock.now();
  const startedAt = clock.epoch();
  const overtime = AbortSignal.timeout(budgetMs);
  const signal = AbortSignal.any([interrupted, overtime]);
  const subject = await openSubject({ target, maxRate, clock, signal });
  const diagnosis = new Diagnosis();
  const done: Done[] = [];
  const sinceStart = (): number => clock.now() - startMs;
  const next = (): Experiment | undefined =>
    diagnosis.next(subject.offers, (budgetMs - sinceStart()) / MS_PER_SECOND);
  try {
    for (let experiment = next(); experiment !== undefined; experiment = next()) {
      events.begun(experiment);
      const fromMs = sinceStart();
      const before = new Set(diagnosis.conclusion.ruledOut);
      const observations = await runs[experiment](subject);
      diagnosis.observe(experiment, observations);
      const ended = { experiment, fromMs, toMs: sinceStart(), observations };
      done.push(ended);
      events.ended(
        ended,
        diagnosis.conclusion.ruledOut.filter((cause) => !before.has(cause)),
      );
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  const { conclusion } = diagnosis;
  const { details } = subject;
  const end = interrupted.aborted
    ? 'interrupted'
    : conclusion.name !== 'unknown'
      ? 'known'
      : overtime.aborted || diagnosis.hasMore(subject.offers)
        ? 'time_is_up'
        : 'nothing_tells_more';
  return { conclusion, done, details, startedAt, elapsedMs: sinceStart(), end };
}
