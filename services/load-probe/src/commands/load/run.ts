import { randomInt } from 'node:crypto';
import { failedDetail } from '../../net/each-address.ts';
import { systemClock } from '../../sampling/clock.ts';
import { LoadCounters } from './counters.ts';
import type { LoadPlan } from './plan.ts';
import { findAddress } from './preflight.ts';
import { LoadResult, type Preparation } from './result.ts';
import { WorkerHandle } from './worker-handle.ts';

/** Is told when a load begins and ends. */
export interface LoadObserver {
  /** Some addresses do not work, another one does. */
  failed(detail: string): void;
  /** @param read what has been counted so far */
  started(read: () => LoadCounters): void;
  ended(): void;
}

export interface LoadOptions {
  /** Aborted to end the load early, with what there is so far. */
  readonly signal: AbortSignal;
  readonly observer: LoadObserver;
}

/**
 * Loads a target with all workers at the same time, after one exchange that shows that it is there and after all
 * connections have been opened.
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
  const stop = (): void => workers.forEach((worker) => void worker.tell('stop'));
  signal.addEventListener('abort', stop);
  stack.defer(() => signal.removeEventListener('abort', stop));
  if (signal.aborted) stop();

  const finished = Promise.all(workers.map((worker) => worker.finished));
  // One that is stopped before it is ready never gets ready.
  await Promise.race([Promise.all(workers.map((worker) => worker.ready)), finished]);
  if (!signal.aborted) {
    stage = undefined;
    observer.started(() => LoadCounters.sum(counters));
    stack.defer(() => observer.ended());
    for (const worker of workers) worker.tell('start');
  }
  const results = await finished;
  return new LoadResult({ ...outcome(), failed, counters, workers: results });
}
