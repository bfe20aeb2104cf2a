import type { FailedResult } from '../outcome.ts';
import type { Attempt, PhaseTimes, Reading } from '../sample.ts';

/**
 * `waiting`: for its answer. `given_up`: the sample is recorded, its answer may still come. `answered`: another answer
 * would be a duplicate.
 */
export type ExchangeState = 'waiting' | 'given_up' | 'answered';

/** One sample's share of a sticky flow. */
export interface Exchange {
  readonly attempt: Attempt;
  /** What opening the flow took, where this sample did it. */
  readonly phases: PhaseTimes;
  readonly settle: (reading: Reading) => void;
  readonly abort: (reason: unknown) => void;
  /** Sent last, or to be sent. */
  request: Buffer;
  state: ExchangeState;
  /** Whether the system has taken all of the request. */
  sent: boolean;
  /** When the request was written: milliseconds of the clock, NaN before, and since the Unix epoch. */
  sentMs: number;
  sentAt: number;
  /** When it was answered or given up, milliseconds of the clock. */
  endedMs: number;
  /** What went by in quiet gaps before its last request: no time of the target's. Milliseconds. */
  gapsMs: number;
  /** Of the answer that made the sample ask once more: bytes that a FIN has cut off. */
  unendedBytes: number;
  /** What that answer was if it was none at all. */
  refusal: FailedResult | undefined;
  cancelDeadline: () => void;
}

/** In the order in which they were asked, by sequence number. */
export type Exchanges = ReadonlyMap<number, Exchange>;

/** The first that was asked and not answered yet: whom an answer on a stream belongs to by order. */
export function firstUnanswered(exchanges: Exchanges): Exchange | undefined {
  return first(exchanges, ({ state }) => state !== 'answered');
}

/** The first that was asked and whose sample is not recorded yet. */
export function firstWaiting(exchanges: Exchanges): Exchange | undefined {
  return first(exchanges, ({ state }) => state === 'waiting');
}

/** The same where it is the only one. */
export function onlyWaiting(exchanges: Exchanges): Exchange | undefined {
  const waiting = [...exchanges.values()].filter(
    (exchange) => wasAsked(exchange) && exchange.state === 'waiting',
  );
  return waiting.length === 1 ? waiting[0] : undefined;
}

export function wasAsked({ sentMs }: Exchange): boolean {
  return !Number.isNaN(sentMs);
}

function first(exchanges: Exchanges, matches: (exchange: Exchange) => boolean): Exchange | undefined {
  for (const exchange of exchanges.values()) if (wasAsked(exchange) && matches(exchange)) return exchange;
  return undefined;
}
