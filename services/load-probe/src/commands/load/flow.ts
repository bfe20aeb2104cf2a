import type { IpAddress } from '@echo-daytime/addresses';
import type { Clock } from '../../sampling/clock.ts';
import type { Failure } from './counters.ts';

/** One connection, source port or series of conversations. */
export interface LoadFlow {
  /** How many messages it can take now. */
  readonly capacity: number;
  /** When the oldest message under way was due, milliseconds of the clock; Infinity when there is none. */
  readonly oldestDueMs: number;
  /** Opens what messages need, so that the first ones need not wait for it. Failing is not yet a failure. */
  open(): Promise<void>;
  /** Takes a message to be sent; there must be capacity. */
  begin(dueMs: number, nowMs: number): void;
  /** Sends the messages that were taken. */
  flush(): void;
  /** Called regularly: fails messages that have waited too long. */
  sweep(nowMs: number): void;
  /** Drops the messages under way. */
  close(): void;
}

/** Receives the events of flows. */
export interface FlowListener {
  answered(dueMs: number, nowMs: number): void;
  failed(outcome: Failure, detail: string, count: number): void;
  unexpected(): void;
  opened(): void;
  /** The flow has capacity again, and can be given messages. */
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
