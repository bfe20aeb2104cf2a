import type { Counter, CounterBlock, Histogram, HistogramScale } from '@echo-daytime/worker';

export const refusedReasons = [
  'max_connections',
  'max_per_source',
  'denied',
  /** The process has nearly reached its limit of open files. */
  'no_descriptors',
  'draining',
  'fault',
] as const;
export type RefusedReason = (typeof refusedReasons)[number];

export const closedReasons = [
  /** The peer sent FIN first. */
  'client',
  /** We sent FIN first, as the protocol says. */
  'server',
  'idle',
  'write_timeout',
  /** The peer sent RST. */
  'reset',
  /** The peer broke the protocol. */
  'protocol',
  'drain',
  /** An injected fault ended the connection. */
  'fault',
  'error',
] as const;
export type ClosedReason = (typeof closedReasons)[number];

/** Seconds: from a short connection of a probe to a connection that is open for a day. */
const DURATIONS: HistogramScale = {
  bounds: [0.001, 0.01, 0.1, 1, 10, 60, 600, 3_600, 21_600, 86_400],
  octaves: { from: -10, to: 17 },
};

/** The counters of a TCP listener. Always: accepted = open + Σ closed. */
export interface TcpCounters {
  readonly accepted: Counter;
  readonly open: Counter;
  readonly refused: Readonly<Record<RefusedReason, Counter>>;
  readonly closed: Readonly<Record<ClosedReason, Counter>>;
  readonly durationSeconds: Histogram;
  readonly receivedBytes: Counter;
  readonly sentBytes: Counter;
}

export function tcpCounters(block: CounterBlock, listener: string): TcpCounters {
  const labels = { listener };
  const counters: TcpCounters = {
    accepted: block.counter(
      'l4_tcp_connections_accepted_total',
      'Connections accepted and served. Refused connections are not counted.',
      labels,
    ),
    open: block.gauge('l4_tcp_connections_open', 'Connections open now.', labels),
    refused: block.countersBy(
      'reason',
      refusedReasons,
      'l4_tcp_connections_refused_total',
      'Connections refused with RST, by reason.',
      labels,
    ),
    closed: block.countersBy(
      'reason',
      closedReasons,
      'l4_tcp_connections_closed_total',
      'Connections closed, by reason.',
      labels,
    ),
    durationSeconds: block.histogram(
      'l4_tcp_connection_duration_seconds',
      'Time from accept to close.',
      DURATIONS,
      labels,
    ),
    receivedBytes: block.counter('l4_tcp_received_bytes_total', 'Bytes received.', labels),
    sentBytes: block.counter(
      'l4_tcp_sent_bytes_total',
      'Bytes that the kernel accepted for sending.',
      labels,
    ),
  };
  block.account({
    into: counters.accepted,
    out: Object.values(counters.closed),
    lost: counters.closed.error,
    open: counters.open,
  });
  return counters;
}
