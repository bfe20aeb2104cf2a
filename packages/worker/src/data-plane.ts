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

/** All that the protocol side of a service gets: it needs no thread, no port and no globals. */
export interface DataPlaneContext<Config> {
  readonly config: Config;
  readonly worker: number;
  readonly workers: number;
  readonly counters: CounterBlock;
  /** The shared count of a listener's connections. */
  connectionLimit(listener: string): ConnectionLimit;
  /** Records the descriptors that this worker opens without Node; they are closed when its thread has ended. */
  readonly descriptors: OpenDescriptors;
  /** The faults injected into a listener's replies; undefined where FAULTS is off. */
  faults(listener: string): SharedFaults | undefined;
  /** Asks the control plane to log one line about something abnormal. */
  notice(message: string, fields: Readonly<Record<string, unknown>>): void;
  /** Sends rare data of the service to the control plane. */
  send(data: unknown): void;
}

/** The listeners or probers of a worker, until it is drained. */
export interface DataPlane {
  readonly addresses: readonly BoundAddress[];
  /** Resolves when all is closed, at the latest after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>;
  /** Receives data that the service's control plane sends to this worker. */
  receive?(data: unknown): void;
}

/**
 * The whole body of a service's `worker.ts`: opens the data plane, reports its addresses, sends heartbeats, and drains
 * on the message `drain`. Does nothing in the main thread, so that tests can import the module.
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
    // A forgotten handle must not keep a finished worker alive.
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

/** An error as plain data, which can be sent to the other thread. */
export function describeFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as NodeJS.ErrnoException;
  return {
    message: error.message,
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
  };
}
