import type { IpAddress } from '@echo-daytime/addresses';
import type { Clock } from '../../sampling/clock.ts';
import type { FailedOutcome } from './counters.ts';

/** A connection, a source port, or for daytime over TCP a series of connections. */
export interface LoadFlow {
  /** How many more messages it can take now. */
  readonly capacity: number;
  /** When the oldest message under way was due, milliseconds of the clock; Infinity when there is none. */
  readonly oldestDueMs: number;
  /** Opens the connection before the load, so that the first message need not wait. A failure here is not counted. */
  open(): Promise<void>;
  /** Takes a message to be sent; there must be capacity. */
  begin(dueMs: number, nowMs: number): void;
  /** Sends the messages that were taken. */
  flush(): void;
  /** Called regularly: fails messages that have timed out. */
  sweep(nowMs: number): void;
  /** Drops the messages under way. */
  close(): void;
}

/** Receives the events of flows. */
export interface FlowListener {
  answered(dueMs: number, nowMs: number): void;
  failed(outcome: FailedOutcome, detail: string, count: number): void;
  unexpected(): void;
  opened(): void;
  /** The flow has capacity again, and can be given messages. */
  onReady(flow: LoadFlow, nowMs: number): void;
}

/** Options of all flows of a worker. */
export interface FlowOptions {
  readonly listener: FlowListener;
  readonly clock: Clock;
  readonly address: IpAddress;
  readonly port: number;
  /** `host:port` */
  readonly remote: string;
  /** Counted from when the message was sent, milliseconds. */
  readonly timeoutMs: number;
  readonly pipeline: number;
}

/**
 * How long a flow that failed is not used, so that a target that refuses connections is not flooded; milliseconds.
 */
export const REST_MS = 100;
