import { Worker } from 'node:worker_threads';
import type { FromLoadWorker, LoadWorkerStart, ToLoadWorker } from '../../load-worker.ts';
import { loadWorkerUrl } from '../../program.ts';
import { LoadCounters } from './counters.ts';
import type { LoadShare } from './plan.ts';
import type { WorkerResult } from './result.ts';

/** The main thread's handle of a load worker. */
export class WorkerHandle {
  readonly counters: LoadCounters;
  readonly #worker: Worker;
  readonly #ready = Promise.withResolvers<void>();
  readonly #finished = Promise.withResolvers<WorkerResult>();

  constructor(share: LoadShare) {
    const memory = LoadCounters.allocate();
    const start: LoadWorkerStart = { share, counters: memory };
    this.counters = new LoadCounters(memory);
    this.#worker = new Worker(loadWorkerUrl, { workerData: start });
    this.#worker.on('message', (message: FromLoadWorker) => {
      if (message.type === 'ready') this.#ready.resolve();
      else this.#finished.resolve(message);
    });
    this.#worker.on('error', (error) => {
      this.#ready.reject(error);
      this.#finished.reject(error);
    });
    // The caller may await only one of the two; the other must not be an unhandled rejection.
    this.#ready.promise.catch(() => {});
    this.#finished.promise.catch(() => {});
  }

  /** Resolves when every connection is open or has failed. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get finished(): Promise<WorkerResult> {
    return this.#finished.promise;
  }

  send(message: ToLoadWorker): void {
    this.#worker.postMessage(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
