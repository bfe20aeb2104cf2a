import type { Evidence } from '../../cli/gates.ts';
import type { FailedAddress } from '../../net/each-address.ts';
import type { FailedResult } from '../../sampling/outcome.ts';
import { type Outcome, outcomes } from '../../sampling/outcome.ts';
import type { FailureCount } from '../check/tally.ts';
import { type Failure, LoadCounters } from './counters.ts';
import type { EngineResult } from './engine.ts';
import type { LoadPlan } from './plan.ts';

const MS_PER_SECOND = 1_000;
/** Failures that take as long as the timeout. */
const TIMEOUTS = ['lost', 'connect_timeout', 'read_timeout', 'write_timeout'] as const;

/** What one worker came to. */
export interface WorkerResult extends EngineResult {
  /** How long its event loop stood still at the longest. */
  readonly stallMs: number;
}

/** What a load was at when it was interrupted before its first message. */
export interface Preparation {
  readonly stage: 'preflight' | 'opening';
  /** For how long, milliseconds. */
  readonly ageMs: number;
}

/** What became of a load. */
export class LoadResult {
  readonly plan: LoadPlan;
  readonly isInterrupted: boolean;
  readonly interruptedIn: Preparation | undefined;
  /** Addresses that failed while the one that is loaded worked. */
  readonly failed: readonly FailedAddress[];
  readonly counters: LoadCounters;
  readonly elapsedMs: number;
  /** Messages that were due, sent or not. */
  readonly due: number;
  /** When it was interrupted: for how long the oldest message had waited since it was due, milliseconds. */
  readonly oldestWaitMs: number;
  /** How long the probe itself stood still at the longest. */
  readonly stallMs: number;
  /** Why the exchange before the load failed: then nothing was loaded. */
  readonly preflight: FailedResult | undefined;
  /** Of the messages, most frequent first. */
  readonly failures: readonly FailureCount[];

  constructor({
    plan,
    isInterrupted,
    interruptedIn,
    failed = [],
    counters,
    workers,
    preflight,
  }: {
    readonly plan: LoadPlan;
    readonly isInterrupted: boolean;
    readonly interruptedIn?: Preparation | undefined;
    readonly failed?: readonly FailedAddress[] | undefined;
    readonly counters: readonly LoadCounters[];
    readonly workers: readonly WorkerResult[];
    readonly preflight?: FailedResult | undefined;
  }) {
    this.plan = plan;
    this.isInterrupted = isInterrupted;
    this.interruptedIn = interruptedIn;
    this.failed = failed;
    this.counters = LoadCounters.sum(counters);
    this.elapsedMs = Math.max(0, ...workers.map(({ elapsedMs }) => elapsedMs));
    this.due = workers.reduce((sum, { due }) => sum + due, 0);
    this.oldestWaitMs = Math.max(0, ...workers.map(({ oldestWaitMs }) => oldestWaitMs));
    this.stallMs = Math.max(0, ...workers.map(({ stallMs }) => stallMs));
    const details = new Map(workers.flatMap((worker) => [...worker.details]));
    this.preflight = preflight;
    this.failures = failureCounts(this.counters, details);
  }

  /** Messages under way, or waiting for a connection, when the load was interrupted. */
  get abandoned(): number {
    return this.isInterrupted ? this.due - this.counters.okCount - this.counters.failedTotal : 0;
  }

  /** Of the abandoned messages: those that had been sent. */
  get underWay(): number {
    return this.isInterrupted ? this.counters.underWay : 0;
  }

  /** Messages that were due and found no connection free in time. */
  get unsent(): number {
    return this.isInterrupted ? 0 : this.due - this.counters.begunCount;
  }

  /** Of the messages whose end is known, 0 to 1. Undefined when there was none. */
  get lossRatio(): number | undefined {
    const { judged } = this;
    return judged === 0 ? undefined : (judged - this.counters.okCount) / judged;
  }

  get evidence(): Evidence {
    const { counters, judged, due, oldestWaitMs } = this;
    const timedOut = TIMEOUTS.some((outcome) => counters.failedCount(outcome) > 0);
    const longestMs = Math.max(counters.latencies.maxMs, timedOut ? this.plan.target.timeoutMs : 0);
    const overdueMs = oldestWaitMs > longestMs ? oldestWaitMs : undefined;
    return { noun: 'message', total: due, judged: judged - this.proberLate, overdueMs };
  }

  /** Messages that failed by the prober itself: they say nothing of the target. Loss counts them, as it counts the unsent. */
  get proberLate(): number {
    return this.counters.failedCount('prober_late');
  }

  /** Messages whose end is known. */
  get judged(): number {
    return this.due - this.abandoned;
  }

  /** Messages a second that came back right. */
  get achievedPerSecond(): number {
    return this.elapsedMs === 0 ? 0 : (this.counters.okCount / this.elapsedMs) * MS_PER_SECOND;
  }

  /** Messages a second that were due; undefined in a closed loop, which offers what the target takes. */
  get offeredPerSecond(): number | undefined {
    const { mode } = this.plan;
    return mode.name === 'open' ? mode.messagesPerSecond : undefined;
  }
}

function failureCounts(counters: LoadCounters, details: ReadonlyMap<Failure, string>): FailureCount[] {
  return outcomes
    .filter((outcome: Outcome): outcome is Failure => outcome !== 'ok')
    .map((outcome) => ({
      outcome,
      count: counters.failedCount(outcome),
      detail: details.get(outcome) ?? '',
    }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
}
