import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/commands/manual-clock.ts';
import { targetOf } from '../../../test/take-samples.ts';
import { LoadCounters } from './counters.ts';
import { LoadEngine, START_DELAY_MS as START_MS } from './engine.ts';
import type { FlowListener, LoadFlow } from './flow.ts';
import type { LoadPlan } from './plan.ts';

const TIMEOUT_MS = 2_000;

/** A flow that takes messages and replies to them when the test calls `answer`. */
class ManualFlow implements LoadFlow {
  readonly taken: number[] = [];
  readonly #listener: FlowListener;
  readonly #slots: number;
  #underWay: number[] = [];
  closed = 0;

  constructor(listener: FlowListener, slots = 1) {
    this.#listener = listener;
    this.#slots = slots;
  }

  get capacity(): number {
    return this.#slots - this.#underWay.length;
  }

  get oldestDueMs(): number {
    return Math.min(...this.#underWay);
  }

  async open(): Promise<void> {}

  begin(dueMs: number): void {
    this.taken.push(dueMs);
    this.#underWay.push(dueMs);
  }

  flush(): void {}

  sweep(): void {}

  close(): void {
    this.closed += 1;
  }

  answer(nowMs: number): void {
    const answered = this.#underWay;
    this.#underWay = [];
    for (const dueMs of answered) this.#listener.answered(dueMs, nowMs);
    this.#listener.onReady(this, nowMs);
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function start(
  plan: Partial<LoadPlan> & { readonly worker?: number },
  flowCount = 1,
  slots = 1,
): { clock: ManualClock; counters: LoadCounters; engine: LoadEngine; flows: ManualFlow[] } {
  const clock = new ManualClock();
  const counters = new LoadCounters(LoadCounters.allocate());
  const flows: ManualFlow[] = [];
  const share = {
    target: targetOf('echo+tcp://192.0.2.7:7'),
    mode: { name: 'open' as const, messagesPerSecond: 100 },
    durationMs: 1_000,
    connections: flowCount,
    pipeline: slots,
    workers: 1,
    worker: 0,
    run: 0,
    address: { address: '192.0.2.7', family: 4 as const },
    ...plan,
  };
  const engine = new LoadEngine({
    share,
    clock,
    counters,
    flowsOf(listener) {
      for (let index = 0; index < flowCount; index += 1) flows.push(new ManualFlow(listener, slots));
      return flows;
    },
  });
  engine.start();
  return { clock, counters, engine, flows };
}

describe('LoadEngine', () => {
  it('should divide the schedule among workers so that all messages are evenly spaced', () => {
    const due = [0, 1, 2].flatMap((worker) => {
      const { clock, flows } = start({ worker, workers: 3, durationMs: 100 }, 10);
      clock.run(START_MS + 100);
      return flows.flatMap(({ taken }) => taken);
    });
    const expected = Array.from({ length: 10 }, (_, index) => START_MS + index * 10);
    expect(due.toSorted((one, other) => one - other)).toEqual(expected);
  });

  it('should give messages to the flow that has waited longest', () => {
    const { clock, flows } = start({}, 3);
    clock.run(START_MS);
    flows[0]!.answer(START_MS);
    clock.run(START_MS + 30);
    expect(flows.map(({ taken }) => taken.length)).toEqual([2, 1, 1]);
    expect(flows[0]!.taken).toEqual([START_MS, START_MS + 30]);
  });

  it('should keep the due time of a message that finds no flow free', () => {
    const { clock, counters, flows } = start({});
    const [flow] = flows;
    clock.run(START_MS + 95);
    flow!.answer(START_MS + 95);
    flow!.answer(START_MS + 96);
    expect(flow!.taken).toEqual([START_MS, START_MS + 10, START_MS + 20]);
    expect([counters.begunCount, counters.okCount, counters.latencies.maxMs]).toEqual([3, 2, 95]);
  });

  it('should be finished when the last message is answered', async () => {
    const { clock, engine, flows } = start({ durationMs: 30 });
    for (const atMs of [0, 10, 20]) {
      clock.run(START_MS + atMs);
      flows[0]!.answer(START_MS + atMs + 2);
    }
    expect(await engine.finished).toMatchObject({ due: 3, elapsedMs: 30 });
    expect(flows[0]!.closed).toBeGreaterThan(0);
  });

  it('should finish when the last message has failed, and keep its detail', async () => {
    const { clock, engine, counters } = start({ durationMs: 10 });
    clock.run(START_MS);
    engine.failed('reset', 'the peer reset the connection', 1);
    expect((await engine.finished).details).toEqual(new Map([['reset', 'the peer reset the connection']]));
    expect(counters.failedCount('reset')).toBe(1);
  });

  it('should last until the last reply, whatever fails after it', async () => {
    const { clock, engine, flows } = start({ durationMs: 20 }, 2);
    clock.run(START_MS + 10);
    clock.run(START_MS + 35);
    flows[0]!.answer(START_MS + 35);
    clock.run(START_MS + 2_000);
    engine.failed('lost', 'no answer', 1);
    expect(await engine.finished).toMatchObject({ due: 2, elapsedMs: 35 });
  });

  it('should last its duration where no reply came later', async () => {
    const { clock, engine, flows } = start({ durationMs: 20 }, 2);
    clock.run(START_MS + 10);
    flows[0]!.answer(START_MS + 10);
    clock.run(START_MS + 2_000);
    engine.stop();
    expect(await engine.finished).toMatchObject({ due: 2, elapsedMs: 20 });
  });

  it('should fill every slot of a closed loop, at once and again after each reply', () => {
    const { clock, flows } = start({ mode: { name: 'closed' } }, 2, 3);
    clock.run(START_MS);
    expect(flows.map(({ taken }) => taken)).toEqual([
      [START_MS, START_MS, START_MS],
      [START_MS, START_MS, START_MS],
    ]);
    flows[1]!.answer(START_MS + 7);
    expect(flows[1]!.taken.slice(3)).toEqual([START_MS + 7, START_MS + 7, START_MS + 7]);
  });

  it('should not send messages that found no free flow until the timeout after the end, and not slow down', async () => {
    const mode = { name: 'open', messagesPerSecond: 400 } as const;
    const { clock, counters, engine, flows } = start({ mode, durationMs: 600 });
    const endMs = START_MS + 600 + TIMEOUT_MS;
    for (let nowMs = START_MS + 20; nowMs <= endMs; nowMs += 20) {
      clock.run(nowMs);
      flows[0]!.answer(nowMs);
    }
    await vi.advanceTimersByTimeAsync(2 * endMs);
    flows[0]!.answer(endMs + 20);
    expect(await engine.finished).toMatchObject({ due: 240, elapsedMs: 600 + TIMEOUT_MS + 20 });
    expect([counters.begunCount, counters.okCount]).toEqual([131, 131]);
    // The last one was due at 325 ms.
    expect(counters.latencies.maxMs).toBe(endMs + 20 - START_MS - 325);
  });

  it('should count messages as due that a stall of this process kept from being sent', async () => {
    const { clock, counters, engine } = start({});
    // Not one message was issued when the time for all of them is over.
    clock.skip(START_MS + 1_000 + TIMEOUT_MS);
    await vi.advanceTimersByTimeAsync(2 * TIMEOUT_MS);
    expect(await engine.finished).toMatchObject({ due: 100 });
    expect(counters.begunCount).toBe(0);
  });

  it('should end at once with the counts so far when it is stopped', async () => {
    const { clock, engine, counters } = start({});
    clock.run(START_MS + 45);
    engine.stop();
    expect(await engine.finished).toMatchObject({ due: 5, elapsedMs: 45 });
    expect(counters.begunCount).toBe(1);
  });
});
