import type { IpAddress } from '@echo-daytime/addresses';
import type { Target } from '../../targets/target.ts';

const MS_PER_SECOND = 1_000;

/** When messages are due. */
export type LoadMode =
  /** Each as soon as the reply before it has come. */
  | { readonly name: 'closed' }
  /** On a fixed schedule, however slow the target is. */
  | { readonly name: 'open'; readonly messagesPerSecond: number };

/** The options of a load. */
export interface LoadPlan {
  readonly target: Target;
  readonly mode: LoadMode;
  readonly durationMs: number;
  /** Of all workers together. Daytime over TCP: exchanges at the same time, each over a new connection. */
  readonly connections: number;
  /** Maximum number of unanswered messages on a connection. */
  readonly pipeline: number;
  readonly workers: number;
}

/** The part of a load that one worker sends. */
export interface LoadShare extends LoadPlan {
  readonly address: IpAddress;
  /** Of the payloads; the same in all workers. */
  readonly run: number;
  /** Which of the workers, from 0. */
  readonly worker: number;
}

/** How many of `total` belong to a worker; shares differ by at most one. */
export function shareOf(total: number, worker: number, workers: number): number {
  return Math.ceil((total - worker) / workers);
}

/** How many messages an open loop has, over all workers. */
export function messagesOf(messagesPerSecond: number, durationMs: number): number {
  return Math.max(1, Math.floor((messagesPerSecond * durationMs) / MS_PER_SECOND));
}
