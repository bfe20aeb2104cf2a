import { parentPort, workerData } from 'node:worker_threads';
import { LoadCounters } from './commands/load/counters.ts';
import { type EngineResult, LoadEngine } from './commands/load/engine.ts';
import { flowsOf } from './commands/load/flows-of.ts';
import type { LoadShare } from './commands/load/plan.ts';
import { systemClock } from './sampling/clock.ts';
import { StallWatch } from './sampling/stall-watch.ts';

/** The `workerData` of a load worker. */
export interface LoadWorkerStart {
  readonly share: LoadShare;
  readonly counters: SharedArrayBuffer;
}

export type ToLoadWorker = 'start' | 'stop';

export type FromLoadWorker =
  | { readonly type: 'ready' }
  | ({ readonly type: 'finished'; readonly stallMs: number } & EngineResult);

if (parentPort) await runWorker(parentPort, workerData as LoadWorkerStart);

async function runWorker(
  port: NonNullable<typeof parentPort>,
  { share, counters }: LoadWorkerStart,
): Promise<void> {
  const post = (message: FromLoadWorker): void => port.postMessage(message);
  const engine = new LoadEngine({
    share,
    clock: systemClock,
    counters: new LoadCounters(counters),
    flowsOf: (listener) => flowsOf(share, listener, systemClock),
  });
  let stalls: StallWatch | undefined;
  let startMs = 0;
  port.on('message', (message: ToLoadWorker) => {
    if (message === 'stop') return engine.stop();
    startMs = systemClock.now();
    stalls = new StallWatch(systemClock);
    engine.start();
  });
  void engine.open().then(() => post({ type: 'ready' }));
  const result = await engine.finished;
  post({ type: 'finished', stallMs: stalls?.longestSince(startMs) ?? 0, ...result });
  stalls?.close();
  port.close();
}
