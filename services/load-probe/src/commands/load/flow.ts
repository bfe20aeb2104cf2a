import type { IpAddress } from '@echo-daytime/addresses';
import type { Clock } from '../../sampling/clock.ts';
import type { Failure } from './counters.ts';

/** What a flow is told to do and what it tells: one connection, source port or row of conversations. */
export interface LoadFlow {
  /** How many messages it can take now. */
  readonly capacity: number;
  /** When the oldest message under way was due, milliseconds of the clock; Infinity when there is none. */
  readonly oldestDueMs: number;
  /** Opens what messages need, so that the first ones need not wait for it. Failing is not yet a failure. */
  open(): Promise<void>;
  /** Puts a message up for sending; there must be room. */
  begin(dueMs: number, nowMs: number): void;
  /** Sends what was put up. */
  flush(): void;
  /** Called regularly: fails what has waited too long. */
  sweep(nowMs: number): void;
  /** Drops what is under way. */
  close(): void;
}

/** What a flow tells. */
export interface FlowListener {
  answered(dueMs: number, nowMs: number): void;
  failed(outcome: Failure, detail: string, count: number): void;
  unexpected(): void;
  opened(): void;
  /** The flow has room again: the place to give it messages. */
  onReady(flow: LoadFlow, nowMs: number): void;
}

/** What all flows of a worker have in common. */
export interface FlowOptions {
  readonly listener: FlowListener;
  readonly clock: Clock;
  readonly address: IpAddress;
  readonly port: number;
  /** `host:port` */
  readonly remote: string;
  /** From the sending on. */
  readonly timeoutMs: number;
  readonly pipeline: number;
}

/**
 * A flow that failed rests before it is used again, so that a target that refuses is not attacked; milliseconds.
 */
export const REST_MS = 100;
