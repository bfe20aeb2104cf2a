import { type CancelWake, type Clock, onDeadline } from '../../sampling/clock.ts';
import { Schedule } from '../../sampling/schedule.ts';
import type { FailedOutcome, LoadCounters } from './counters.ts';
import type { FlowListener, LoadFlow } from './flow.ts';
import { FlowQueue } from './flow-queue.ts';
import { ClosedPacer, OpenPacer, type Pacer } from './pacer.ts';
import { type LoadShare, messagesOf, shareOf } from './plan.ts';

/** How many flows are opened at the same time: fewer than any listener's queue holds. */
const OPENING_AT_ONCE = 64;
/** How often flows check for messages that have timed out: this many times per timeout, within bounds. */
const SWEEPS_PER_TIMEOUT = 20;
const MIN_SWEEP_MS = 5;
const MAX_SWEEP_MS = 50;
/** The start is this far ahead, so that everything is set up and the first messages are not late. */
export const START_DELAY_MS = 5;
const MS_PER_SECOND = 1_000;

/** The results of a worker that are not in its shared counters. */
export interface EngineResult {
  /** From the start to the end of the duration, or to the last reply if that was later. */
  readonly elapsedMs: number;
  /** Messages that were due, sent or not. */
  readonly due: number;
  /** How long the oldest message had waited when the load was stopped; 0 when none had. Milliseconds. */
  readonly oldestWaitMs: number;
  /** The message of the last failure of each outcome. */
  readonly details: ReadonlyMap<FailedOutcome, string>;
}

export interface EngineOptions {
  readonly share: LoadShare;
  readonly clock: Clock;
  readonly counters: LoadCounters;
  flowsOf(listener: FlowListener): readonly LoadFlow[];
}

/** Gives each message of a worker's share to a flow when it is due. */
export class LoadEngine implements FlowListener {
  readonly #options: EngineOptions;
  readonly #flows: readonly LoadFlow[];
  /** Flows with capacity that wait for the next message. */
  readonly #waiting: FlowQueue;
  readonly #details = new Map<FailedOutcome, string>();
  readonly #finished = Promise.withResolvers<EngineResult>();
  readonly #sweepMs: number;
  #cancelSweep: CancelWake;
  /** Undefined before the start. */
  #pacer: Pacer | undefined;
  #cancels: readonly (() => void)[] = [];
  #startMs = 0;
  #lastMs = 0;
  #underWay = 0;
  #isStopped = false;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#flows = options.flowsOf(this);
    this.#waiting = new FlowQueue(this.#flows.length);
    const sweepMs = options.share.target.timeoutMs / SWEEPS_PER_TIMEOUT;
    this.#sweepMs = Math.min(MAX_SWEEP_MS, Math.max(MIN_SWEEP_MS, sweepMs));
    this.#cancelSweep = this.#nextSweep();
  }

  /** Resolves when every message has its reply or has failed, or with `stop`. */
  get finished(): Promise<EngineResult> {
    return this.#finished.promise;
  }

  /** Opens the flows; resolves when every flow is open or has failed. */
  async open(): Promise<void> {
    const unopened = this.#flows.values();
    const openSome = async (): Promise<void> => {
      for (const flow of unopened) {
        if (this.#isStopped) return;
        await flow.open();
      }
    };
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openSome));
  }

  start(): void {
    const { clock, share } = this.#options;
    const { mode, durationMs } = share;
    this.#startMs = clock.now() + START_DELAY_MS;
    this.#lastMs = this.#startMs + durationMs;
    if (mode.name === 'closed') this.#startClosed();
    else this.#startOpen(mode.messagesPerSecond);
  }

  /** Stops at once: messages under way are dropped. */
  stop(): void {
    this.#isStopped = true;
    const now = this.#options.clock.now();
    // The duration may be over already, and only replies be missing.
    this.#lastMs = Math.min(this.#lastMs, now);
    if (!this.#pacer) this.#startMs = this.#lastMs;
    const waiting = [...this.#flows, ...(this.#pacer ? [this.#pacer] : [])];
    const oldestDueMs = Math.min(now, ...waiting.map((one) => one.oldestDueMs));
    this.#finish(now - oldestDueMs);
  }

  answered(dueMs: number, nowMs: number): void {
    this.#underWay -= 1;
    this.#lastMs = Math.max(this.#lastMs, nowMs);
    this.#options.counters.answered(nowMs - dueMs);
  }

  failed(outcome: FailedOutcome, detail: string, count: number): void {
    if (count === 0) return;
    this.#underWay -= count;
    this.#options.counters.fail(outcome, count);
    this.#details.set(outcome, detail);
    this.#checkFinished();
  }

  unexpected(): void {
    this.#options.counters.unexpected();
  }

  opened(): void {
    this.#options.counters.opened();
  }

  onReady(flow: LoadFlow, nowMs: number): void {
    const pacer = this.#pacer;
    if (!pacer) return;
    let hasBegun = false;
    while (flow.capacity > 0) {
      const dueMs = pacer.take(nowMs);
      if (Number.isNaN(dueMs)) break;
      this.#underWay += 1;
      this.#options.counters.begin();
      flow.begin(dueMs, nowMs);
      hasBegun = true;
    }
    if (hasBegun) flow.flush();
    if (flow.capacity > 0) this.#waiting.add(flow);
    this.#checkFinished();
  }

  #startClosed(): void {
    const { clock, share } = this.#options;
    const cancelStart = clock.wakeAt(this.#startMs, () => {
      this.#pacer = pacer;
      for (const flow of this.#flows) this.onReady(flow, clock.now());
    });
    const pacer = new ClosedPacer();
    const cancelEnd = onDeadline(clock, this.#startMs + share.durationMs, () => this.#end());
    this.#cancels = [cancelStart, cancelEnd];
  }

  #startOpen(messagesPerSecond: number): void {
    const { clock, share } = this.#options;
    const { durationMs, target, worker, workers } = share;
    // Worker w has the messages w, w + workers, …, so that the messages of all workers together are evenly spaced.
    const apartMs = MS_PER_SECOND / messagesPerSecond;
    const startMs = this.#startMs + worker * apartMs;
    const intervalMs = workers * apartMs;
    const count = shareOf(messagesOf(messagesPerSecond, durationMs), worker, workers);
    const pacer = new OpenPacer({ startMs, intervalMs, count });
    this.#pacer = pacer;
    for (const flow of this.#flows) this.#waiting.add(flow);
    const issue = (): void => {
      pacer.advance();
      const flow = this.#waiting.take();
      if (flow) this.onReady(flow, clock.now());
    };
    // Without a message the load is finished already.
    const ended = (): void => this.#checkFinished();
    const schedule = new Schedule({ clock, startMs, intervalMs, count, issue, ended });
    // A message that still waits for a free flow at the end may wait for one more timeout.
    const cancelEnd = onDeadline(clock, this.#startMs + durationMs + target.timeoutMs, () => this.#end());
    this.#cancels = [() => schedule.stop(), cancelEnd];
  }

  #nextSweep(): CancelWake {
    const { clock } = this.#options;
    return onDeadline(clock, clock.now() + this.#sweepMs, () => this.#sweep());
  }

  #sweep(): void {
    this.#cancelSweep = this.#nextSweep();
    const now = this.#options.clock.now();
    for (const flow of this.#flows) flow.sweep(now);
  }

  #end(): void {
    this.#pacer?.close();
    this.#checkFinished();
  }

  #checkFinished(): void {
    if (this.#underWay === 0 && this.#pacer?.isOver) this.#finish();
  }

  #finish(oldestWaitMs = 0): void {
    for (const cancel of this.#cancels) cancel();
    this.#cancelSweep();
    for (const flow of this.#flows) flow.close();
    this.#finished.resolve({
      elapsedMs: this.#lastMs - this.#startMs,
      due: this.#pacer?.due ?? 0,
      oldestWaitMs,
      details: this.#details,
    });
  }
}
