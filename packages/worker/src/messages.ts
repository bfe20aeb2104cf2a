/**
 * What the two planes say to each other. Messages are rare (a handful in a worker's life); everything frequent
 * goes through shared memory (counters.ts, connection-limit.ts).
 */

/** What a worker is started with. `Config` is the service's frozen configuration. */
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
  /** Memory of the SharedFaults of each listener, by its name; empty when none can be injected. */
  readonly faults: Readonly<Record<string, SharedArrayBuffer>>;
}

export interface BoundAddress {
  readonly listener: string;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** What moves the bytes, where there is a choice. */
  readonly engine?: string;
}

/** A failure that crosses the thread boundary: plain data, with the fields that errors of Node carry. */
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
  /** Rare data that belongs to the service alone, such as a batch of samples. */
  | { readonly type: 'data'; readonly data: unknown }
  /** The worker can't go on; it ends by itself after this. */
  | { readonly type: 'fatal'; readonly failure: Failure }
  /** Everything is closed; the worker ends by itself after this. */
  | { readonly type: 'closed' };

export type ToWorker =
  /** Stop accepting, deliver what is owed, close; destroy what is left after `timeoutMs`. */
  | { readonly type: 'drain'; readonly timeoutMs: number }
  /** Rare data that belongs to the service alone, such as what to do from now on. */
  | { readonly type: 'data'; readonly data: unknown };

/** How often a worker shows that its event loop turns, milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 250;

/** Seconds of the monotonic clock, the same in every thread (`performance.now()` starts anew in each). */
export function monotonicSeconds(): number {
  return Number(process.hrtime.bigint()) / 1e9;
}
