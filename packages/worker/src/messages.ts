/**
 * The messages between the two planes. They are rare, a handful in a worker's life. Frequent changes go through shared
 * memory (counters.ts, connection-limit.ts).
 */

/** The start data of a worker. `Config` is the service's frozen configuration. */
export interface WorkerStart<Config> {
  readonly config: Config;
  /** This worker's number, from 0. */
  readonly worker: number;
  readonly workers: number;
  /** Memory of this worker's CounterBlock. */
  readonly counters: SharedArrayBuffer;
  /** Memory of the ConnectionLimit of all workers, by listener name. */
  readonly connectionLimits: Readonly<Record<string, SharedArrayBuffer>>;
  /** Memory of this worker's OpenDescriptors. */
  readonly descriptors: SharedArrayBuffer;
  /** Memory of the SharedFaults by listener name; empty where FAULTS is off. */
  readonly faults: Readonly<Record<string, SharedArrayBuffer>>;
}

export interface BoundAddress {
  readonly listener: string;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** The engine, where there is a choice. */
  readonly engine?: string;
}

/** An error as plain data that can cross the thread boundary, with the fields of Node's errors. */
export interface Failure {
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
}

export type FromWorker =
  /** Every listener is bound. */
  | { readonly type: 'listening'; readonly addresses: readonly BoundAddress[] }
  /** Something abnormal, worth one log line. */
  | {
      readonly type: 'notice';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  /** Rare data of the service, such as a batch of samples. */
  | { readonly type: 'data'; readonly data: unknown }
  /** The worker can't go on; it ends by itself after this. */
  | { readonly type: 'fatal'; readonly failure: Failure }
  /** Everything is closed; the worker ends by itself after this. */
  | { readonly type: 'closed' };

export type ToWorker =
  /** Stop accepting, send pending bytes, close; destroy the remaining connections after `timeoutMs`. */
  | { readonly type: 'drain'; readonly timeoutMs: number }
  /** Rare data of the service, such as new assignments. */
  | { readonly type: 'data'; readonly data: unknown };

/** Time between two heartbeats, which show that the worker's event loop runs. Milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 250;

/** Seconds of the monotonic clock, the same in every thread (`performance.now()` starts at 0 in each). */
export function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
