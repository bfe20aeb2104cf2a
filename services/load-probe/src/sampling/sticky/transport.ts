import type { FlowDeathCause } from '../../monitor/status/types.ts';
import type { TcpSocket } from '../../net/tcp-socket.ts';
import type { DatagramFacts, SentDatagram } from '../../net/udp-socket.ts';
import type { FailedResult } from '../outcome.ts';

/** Why a flow has ended: the cause for the metrics, and the result for the waiting samples. */
export interface TransportEnd {
  readonly cause: FlowDeathCause;
  /** Undefined after a FIN, whose result differs by sample. */
  readonly result?: FailedResult;
}

/** The end of a flow. */
export interface FlowEnd {
  readonly cause: FlowDeathCause;
  readonly ageMs: number;
  /** Whether the flow ever worked: TCP connected, or a reply came over UDP. */
  readonly hasLived: boolean;
}

/** The events of a transport, for its flow. */
export interface TransportEvents {
  /** @param facts UDP: what the kernel knows of the datagram */
  received(bytes: Buffer, facts?: DatagramFacts): void;
  /** UDP: an ICMP message, which quotes the beginning of a datagram, reports its loss. The flow goes on. */
  reported(result: FailedResult, quoted: Buffer): void;
  /** The transport is writable again. */
  ready(): void;
  /** The last event. */
  ended(end: TransportEnd): void;
}

/** An open connection or connected UDP socket. */
export interface Transport {
  /** `host:port` */
  readonly remote: string;
  readonly kind: 'stream' | 'datagrams';
  /** False while the send buffer is full: more bytes would only queue in this process. */
  readonly isReady: boolean;
  /** TCP: what the kernel knows of the connection. */
  readonly tcp?: TcpSocket;
  /** Starts to deliver events. */
  attach(events: TransportEvents): void;
  /**
   * @param sent is called when the kernel has taken all bytes
   * @returns UDP: the datagram
   */
  send(bytes: Buffer, sent: () => void): SentDatagram | undefined;
  /** A possible cause of a silence, to append to its message. */
  silenceHint(): string;
  close(): void;
}

/** Turns the failure of a socket into the end of its flow. */
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
