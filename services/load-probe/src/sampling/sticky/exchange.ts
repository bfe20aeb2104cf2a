import type { SentDatagram } from '../../net/udp-socket.ts';
import type { FailedResult } from '../outcome.ts';
import type { Attempt, PhaseTimes, Reading } from '../sample.ts';

const NOTHING = Buffer.alloc(0);
const NO_PHASES: PhaseTimes = Object.freeze({});

/**
 * `waiting` for the reply. `given_up`: the sample is recorded, its reply may still come. `answered`: another reply is a
 * duplicate.
 */
export type ExchangeState = 'waiting' | 'given_up' | 'answered';

/** The exchange of one sample on a sticky flow. */
export interface Exchange {
  readonly attempt: Attempt;
  /** Phases of opening the flow, where this sample opened it. */
  phases: PhaseTimes;
  settle: (reading: Reading) => void;
  abort: (reason: unknown) => void;
  /** The request sent last, or to be sent. */
  request: Buffer;
  state: ExchangeState;
  /** Whether the kernel has taken the whole request. */
  sent: boolean;
  /** When the request was written, milliseconds: by the clock (NaN before), and since the Unix epoch. */
  sentMs: number;
  sentAt: number;
  /** TCP: how many segments were sent again on the flow before the sample. */
  readonly retransmitsBefore: number;
  /** UDP: the datagram of the request. */
  datagram: SentDatagram | undefined;
  /** When the exchange was answered or given up, milliseconds of the clock. */
  endedMs: number;
  /** Time spent in quiet gaps before the last request, which does not count as round trip. Milliseconds. */
  gapsMs: number;
  /** Length of the reply that led to another request; a FIN would have cut it off. */
  unendedBytes: number;
  /** The failure that this reply shows, where it shows one. */
  refusal: FailedResult | undefined;
  cancelDeadline: () => void;
}

function ignore(): void {}

/** Keeps only what recognizes a further reply: exchanges are remembered much longer than they take. */
export function release(exchange: Exchange): void {
  exchange.request = NOTHING;
  exchange.phases = NO_PHASES;
  exchange.datagram = undefined;
  exchange.settle = ignore;
  exchange.abort = ignore;
  exchange.cancelDeadline = ignore;
}

/** Exchanges by sequence number, in the order of their requests. */
export type Exchanges = ReadonlyMap<number, Exchange>;

/** The first exchange that was sent and has no reply yet: on a stream the next reply belongs to it by order. */
export function firstUnanswered(exchanges: Exchanges): Exchange | undefined {
  return first(exchanges, ({ state }) => state !== 'answered');
}

/** The first exchange that was sent and whose sample is not recorded yet. */
export function firstWaiting(exchanges: Exchanges): Exchange | undefined {
  return first(exchanges, ({ state }) => state === 'waiting');
}

/** The waiting exchange, where there is only one. */
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
