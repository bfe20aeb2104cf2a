import type { FlowDeathCause } from '../../monitor/status/types.ts';
import type { Verdict } from '../verdict.ts';

/** Why a flow is over: the cause for the books, and the verdict for those who wait for an answer. */
export interface TransportEnd {
  readonly cause: FlowDeathCause;
  /** Undefined after a FIN, which means something else to each of them. */
  readonly verdict?: Verdict;
}

/** What a transport tells its flow. */
export interface TransportEvents {
  received(bytes: Buffer): void;
  /** The peer takes bytes again. */
  ready(): void;
  /** Nothing comes after this. */
  ended(end: TransportEnd): void;
}

/** An open connection or connected UDP socket. */
export interface Transport {
  readonly peer: string;
  readonly kind: 'stream' | 'datagrams';
  /** False while the peer is behind: what is sent now would only queue up here. */
  readonly isReady: boolean;
  /** Starts to deliver events. */
  attach(events: TransportEvents): void;
  /** @param sent is called when the system has taken it all */
  send(bytes: Buffer, sent: () => void): void;
  /** What may be behind it that nothing came, to put behind the words that say so. */
  silenceWords(): string;
  close(): void;
}

/** A socket's failure as the end of its flow. */
export function endOf(verdict: Verdict): TransportEnd {
  return { cause: causeOf(verdict), verdict };
}

function causeOf({ outcome }: Verdict): FlowDeathCause {
  switch (outcome) {
    case 'reset':
    case 'refused':
    case 'unreachable':
      return outcome;
    case 'read_timeout':
      return 'timeout';
    default:
      return 'error';
  }
}
