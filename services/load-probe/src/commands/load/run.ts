import { randomInt } from 'node:crypto';
import { failedDetail } from '../../net/each-address.ts';
import { systemClock } from '../../sampling/clock.ts';
import { LoadCounters } from './counters.ts';
import type { LoadPlan } from './plan.ts';
import { findAddress } from './preflight.ts';
import { LoadResult, type Preparation } from './result.ts';
import { WorkerHandle } from './worker-handle.ts';

/** Receives the start and the end of a load. */
export interface LoadObserver {
  /** Some addresses failed while another one worked. */
  failed(detail: string): void;
  /** @param read gives the counts so far */
  started(read: () => LoadCounters): void;
  ended(): void;
}

export interface LoadOptions {
  /** Abort it to end the load early, with the results so far. */
  readonly signal: AbortSignal;
  readonly observer: LoadObserver;
}

/**
 * Loads a target with all workers at the same time. Before that one exchange shows that the target replies, and all
 * connections are opened.
 */
export async function runLoad(plan: LoadPlan, { signal, observer }: LoadOptions): Promise<LoadResult> {
  const run = randomInt(2 ** 32);
  let stage: Preparation['stage'] | undefined = 'preflight';
  let sinceMs = systemClock.now();
  const outcome = (): Pick<LoadResult, 'plan' | 'isInterrupted' | 'interruptedIn'> => ({
    plan,
    isInterrupted: signal.aborted,
    interruptedIn: signal.aborted && stage ? { stage, ageMs: systemClock.now() - sinceMs } : undefined,
  });
  const { address, failed, failure } = await findAddress(plan.target, run, signal);
  if (!address) return new LoadResult({ ...outcome(), counters: [], workers: [], preflight: failure });
  if (failed.length > 0) observer.failed(failedDetail(failed));
  stage = 'opening';
  sinceMs = systemClock.now();
  await using stack = new AsyncDisposableStack();
  const workers = Array.from({ length: plan.workers }, (_, worker) =>
    stack.use(new WorkerHandle({ ...plan, address, run, worker })),
  );
  const counters = workers.map((worker) => worker.counters);
  const stop = (): void => workers.forEach((worker) => void worker.send('stop'));
  signal.addEventListener('abort', stop);
  stack.defer(() => signal.removeEventListener('abort', stop));
  if (signal.aborted) stop();

  const finished = Promise.all(workers.map((worker) => worker.finished));
  // A worker that is stopped before it is ready never becomes ready.
  await Promise.race([Promise.all(workers.map((worker) => worker.ready)), finished]);
  if (!signal.aborted) {
    stage = undefined;
    observer.started(() => LoadCounters.sum(counters));
    stack.defer(() => observer.ended());
    for (const worker of workers) worker.send('start');
  }
  const results = await finished;
  return new LoadResult({ ...outcome(), failed, counters, workers: results });
}
