import type { IpAddress } from '@echo-daytime/addresses';
import type { Target } from '../../targets/target.ts';

const MS_PER_SECOND = 1_000;

/** How messages come to be due. */
export type LoadMode =
  /** Each as soon as the answer before it is there. */
  | { readonly name: 'closed' }
  /** On a schedule that nothing slows down. */
  | { readonly name: 'open'; readonly messagesPerSecond: number };

/** What `load` was asked for. */
export interface LoadPlan {
  readonly target: Target;
  readonly mode: LoadMode;
  readonly durationMs: number;
  /** Over all workers. Daytime over TCP: conversations at the same time, each over a connection of its own. */
  readonly connections: number;
  /** Messages that a connection may have under way. */
  readonly pipeline: number;
  readonly workers: number;
}

/** One worker's part in it. */
export interface LoadShare extends LoadPlan {
  readonly address: IpAddress;
  /** Of the payloads; the same in all workers. */
  readonly run: number;
  /** Which of the workers, from 0. */
  readonly worker: number;
}

/** How many of `total` the worker of a share has: shares differ by one at most. */
export function shareOf(total: number, worker: number, workers: number): number {
  return Math.ceil((total - worker) / workers);
}

/** How many messages an open loop has, over all workers. */
export function messagesOf(messagesPerSecond: number, durationMs: number): number {
  return Math.max(1, Math.floor((messagesPerSecond * durationMs) / MS_PER_SECOND));
}
