import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { ConnectionLimit } from './connection-limit.ts';
import { CounterBlock } from './counters.ts';
import { SharedFaults } from './faults.ts';
import {
  type BoundAddress,
  type Failure,
  type FromWorker,
  HEARTBEAT_INTERVAL_MS,
  monotonicSeconds,
  type ToWorker,
  type WorkerStart,
} from './messages.ts';
import { OpenDescriptors } from './open-descriptors.ts';

/** What the protocol side of a service is given: no thread, no port, no globals. */
export interface DataPlaneContext<Config> {
  readonly config: Config;
  readonly worker: number;
  readonly workers: number;
  readonly counters: CounterBlock;
  /** The shared count of a listener's connections. */
  connectionLimit(listener: string): ConnectionLimit;
  /** What this worker opens by itself, to be closed when its thread has ended. */
  readonly descriptors: OpenDescriptors;
  /** What is injected into a listener's answers; undefined when nothing can be. */
  faults(listener: string): SharedFaults | undefined;
  /** Has the control plane log one line about something abnormal. */
  notice(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Sends the control plane rare data of the service's own. */
  send(data: unknown): void;
}

/** What runs in a worker until it is drained. */
export interface DataPlane {
  readonly addresses: readonly BoundAddress[];
  /** Resolves when all is closed, at the latest after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
  /** Takes what the service's control plane sends to this worker. */
  receive?(data: unknown): void;
}

/**
 * The worker side of the link: the whole body of a service's `worker.ts`. Opens the data plane, reports
 * its addresses, beats the heart and drains when told to. Does nothing in the main thread, so that tests can
 * import the module.
 */
export function runDataPlane<Config>(open: (context: DataPlaneContext<Config>) => Promise<DataPlane>): void {
  if (isMainThread || !parentPort) return;
  const port = parentPort;
  const start = workerData as WorkerStart<Config>;
  const post = (message: FromWorker): void => port.postMessage(message);
  const counters = new CounterBlock(start.counters);

  const beat = (): void => counters.heartbeat.set(monotonicSeconds());
  beat();
  const heart = setInterval(beat, HEARTBEAT_INTERVAL_MS);

  const finish = (message: FromWorker): void => {
    post(message);
    clearInterval(heart);
    // Nothing is left to wait for: a stray handle must not keep a finished worker alive.
    port.close();
  };

  const opening = open({
    config: start.config,
    worker: start.worker,
    workers: start.workers,
    counters,
    descriptors: new OpenDescriptors(start.descriptors),
    connectionLimit(listener) {
      const memory = start.connectionLimits[listener];
      if (!memory) throw new Error(`no shared connection limit for listener ${listener}`);
      return new ConnectionLimit(memory, start.worker);
    },
    faults(listener) {
      const memory = start.faults[listener];
      return memory && new SharedFaults(memory);
    },
    notice: (message, fields) => post({ type: 'notice', message, fields }),
    send: (data) => post({ type: 'data', data }),
  });

  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'drain':
        opening
          .then((opened) => opened.drain(message.timeoutMs))
          .then(() => finish({ type: 'closed' }), failed);
        break;
      case 'data':
        opening.then((opened) => opened.receive?.(message.data)).catch(failed);
        break;
    }
  });
  opening.then(({ addresses }) => post({ type: 'listening', addresses }), failed);

  function failed(error: unknown): void {
    finish({ type: 'fatal', failure: describeFailure(error) });
  }
}

/** An error as plain data that survives the way to the other thread. */
export function describeFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  return {
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}
