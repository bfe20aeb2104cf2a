import type { FlowDeathCause } from '../../monitor/status/types.ts';
import type { FailedResult } from '../outcome.ts';

/** Why a flow is over: the cause for the metrics, and the result of the samples that wait for an answer. */
export interface TransportEnd {
  readonly cause: FlowDeathCause;
  /** Undefined after a FIN, which means something else to each sample. */
  readonly result?: FailedResult;
}

/** What a transport tells its flow. */
export interface TransportEvents {
  received(bytes: Buffer): void;
  /** UDP: one datagram is lost, says an ICMP message, which quotes its beginning; the flow goes on. */
  reported(result: FailedResult, quoted: Buffer): void;
  /** The peer takes bytes again. */
  ready(): void;
  /** Nothing comes after this. */
  ended(end: TransportEnd): void;
}

/** An open connection or connected UDP socket. */
export interface Transport {
  /** `host:port` */
  readonly remote: string;
  readonly kind: 'stream' | 'datagrams';
  /** False while the peer is behind: bytes that are sent now would only queue up here. */
  readonly isReady: boolean;
  /** Starts to deliver events. */
  attach(events: TransportEvents): void;
  /** @param sent is called when the system has taken it all */
  send(bytes: Buffer, sent: () => void): void;
  /** What may be behind a silence, to follow the words for it. */
  silenceHint(): string;
  close(): void;
}

/** A socket's failure as the end of its flow. */
export function endOf(result: FailedResult): TransportEnd {
  return { cause: causeOf(result), result };
}

function causeOf({ outcome }: FailedResult): FlowDeathCause {
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
