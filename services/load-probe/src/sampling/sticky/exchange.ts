import type { SentDatagram } from '../../net/udp-socket.ts';
import type { FailedResult } from '../outcome.ts';
import type { Attempt, PhaseTimes, Reading } from '../sample.ts';

const NOTHING = Buffer.alloc(0);
const NO_PHASES: PhaseTimes = Object.freeze({});

/** `waiting` for the reply. `given_up`: the sample is recorded, its reply may still come. */
export type ExchangeState = 'waiting' | 'given_up';

/** The exchange of one sample on a sticky flow, without a reply so far. */
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
  /** When it was given up, milliseconds of the clock. */
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

/** Keeps only what recognizes a late reply: exchanges are remembered much longer than they take. */
export function release(exchange: Exchange): void {
  exchange.request = NOTHING;
  exchange.phases = NO_PHASES;
  exchange.datagram = undefined;
  exchange.settle = ignore;
  exchange.abort = ignore;
  exchange.cancelDeadline = ignore;
}

export function wasAsked({ sentMs }: Exchange): boolean {
  return !Number.isNaN(sentMs);
}
