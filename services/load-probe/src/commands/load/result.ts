import type { Evidence } from '../../cli/gates.ts';
import type { FailedAddress } from '../../net/each-address.ts';
import type { FailedResult } from '../../sampling/outcome.ts';
import { type Outcome, outcomes } from '../../sampling/outcome.ts';
import type { FailureCount } from '../../series/tally.ts';
import { type FailedOutcome, LoadCounters } from './counters.ts';
import type { EngineResult } from './engine.ts';
import type { LoadPlan } from './plan.ts';

const MS_PER_SECOND = 1_000;
/** Outcomes that come only when the timeout is over. */
const TIMEOUTS = ['lost', 'connect_timeout', 'read_timeout', 'write_timeout'] as const;

/** The result of one worker. */
export interface WorkerResult extends EngineResult {
  /** The longest stall of its event loop, milliseconds. */
  readonly stallMs: number;
}

/** The stage of a load that was interrupted before its first message. */
export interface Preparation {
  readonly stage: 'preflight' | 'opening';
  /** How long it had taken so far, milliseconds. */
  readonly ageMs: number;
}

/** The result of a load, of all workers together. */
export class LoadResult {
  readonly plan: LoadPlan;
  readonly isInterrupted: boolean;
  readonly interruptedIn: Preparation | undefined;
  /** Addresses that failed while the loaded address worked. */
  readonly failed: readonly FailedAddress[];
  readonly counters: LoadCounters;
  readonly elapsedMs: number;
  /** Messages that were due, sent or not. */
  readonly due: number;
  /** When it was interrupted: how long the oldest message had waited since it was due, milliseconds. */
  readonly oldestWaitMs: number;
  /** The longest stall of the probe itself, milliseconds. */
  readonly stallMs: number;
  /** Why the exchange before the load failed; no message was sent then. */
  readonly preflight: FailedResult | undefined;
  /** Most frequent first. */
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

  /** The abandoned messages that had been sent. */
  get underWay(): number {
    return this.isInterrupted ? this.counters.underWay : 0;
  }

  /** Messages that were due and found no connection free in time. */
  get unsent(): number {
    return this.isInterrupted ? 0 : this.due - this.counters.begunCount;
  }

  /** The share of judged messages that are not ok, 0 to 1; undefined when no message was judged. */
  get lossRatio(): number | undefined {
    const { judged } = this;
    return judged === 0 ? undefined : (judged - this.counters.okCount) / judged;
  }

  get evidence(): Evidence {
    const { counters, judged, due, oldestWaitMs } = this;
    const timedOut = TIMEOUTS.some((outcome) => counters.failedCount(outcome) > 0);
    const longestMs = Math.max(counters.latencies.maxMs, timedOut ? this.plan.target.timeoutMs : 0);
    const overdueMs = oldestWaitMs > longestMs ? oldestWaitMs : undefined;
    const measuring = judged - this.proberLate;
    return { noun: 'message', total: due, judged: measuring, timed: measuring, overdueMs };
  }

  /** Messages that failed because of the prober itself. They do not measure the target, but count as loss, as unsent ones do. */
  get proberLate(): number {
    return this.counters.failedCount('prober_late');
  }

  /** Messages with an outcome, unsent ones included. */
  get judged(): number {
    return this.due - this.abandoned;
  }

  /** Messages a second with the right reply. */
  get achievedPerSecond(): number {
    return this.elapsedMs === 0 ? 0 : (this.counters.okCount / this.elapsedMs) * MS_PER_SECOND;
  }

  /** Messages a second that were due; undefined in a closed loop, whose rate depends on the target. */
  get offeredPerSecond(): number | undefined {
    const { mode } = this.plan;
    return mode.name === 'open' ? mode.messagesPerSecond : undefined;
  }
}

function failureCounts(counters: LoadCounters, details: ReadonlyMap<FailedOutcome, string>): FailureCount[] {
  return outcomes
    .filter((outcome: Outcome): outcome is FailedOutcome => outcome !== 'ok')
    .map((outcome) => ({
      outcome,
      count: counters.failedCount(outcome),
      detail: details.get(outcome) ?? '',
    }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
}
