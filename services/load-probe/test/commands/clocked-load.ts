import { LoadCounters } from '../../src/commands/load/counters.ts';
import { type EngineResult, LoadEngine, START_DELAY_MS } from '../../src/commands/load/engine.ts';
import { flowsOf } from '../../src/commands/load/flows-of.ts';
import type { LoadPlan } from '../../src/commands/load/plan.ts';
import { ManualClock } from './manual-clock.ts';
import { planOf } from './run-load.ts';

/**
 * The load of one worker in this thread, over real sockets, on a clock that the test moves. Waiting takes no time, and
 * a busy machine makes no message late.
 */
export class ClockedLoad implements Disposable {
  readonly clock = new ManualClock();
  readonly counters = new LoadCounters(LoadCounters.allocate());
  readonly #engine: LoadEngine;

  /** Opens the flows and moves the clock to the due time of the first message. */
  static async start(url: string, plan: Partial<LoadPlan> = {}): Promise<ClockedLoad> {
    const load = new ClockedLoad(planOf(url, plan));
    await load.#engine.open();
    load.#engine.start();
    load.clock.run(START_DELAY_MS);
    return load;
  }

  private constructor(plan: LoadPlan) {
    const address = { address: plan.target.host, family: 4 } as const;
    const share = { ...plan, address, run: 0, worker: 0 };
    const { clock, counters } = this;
    this.#engine = new LoadEngine({
      share,
      clock,
      counters,
      flowsOf: (listener) => flowsOf(share, listener, clock),
    });
  }

  /** Moves the clock on, with every message at its due time. */
  pass(ms: number): void {
    this.clock.run(this.clock.now() + ms);
  }

  get finished(): Promise<EngineResult> {
    return this.#engine.finished;
  }

  stop(): Promise<EngineResult> {
    this.#engine.stop();
    return this.#engine.finished;
  }

  [Symbol.dispose](): void {
    this.#engine.stop();
  }
}
