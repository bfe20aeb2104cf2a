import type { Counter, CounterBlock } from '@echo-daytime/worker';

export const droppedReasons = [
  /** Over RATE_PER_SOURCE. */
  'rate',
  /** A source port whose service could reply to our reply. */
  'source_port',
  /** A source address that is not one host's: multicast, broadcast or unspecified. */
  'source_address',
  /** In DENY, or not in ALLOW. */
  'denied',
  /** Shorter than MIN_REQUEST_BYTES. */
  'too_short',
  /** Not a request of the protocol. */
  'malformed',
  /** The kernel did not take the reply. */
  'send_error',
  /** An injected fault dropped the reply. */
  'fault',
] as const;
export type DroppedReason = (typeof droppedReasons)[number];

/** The counters of a UDP listener. Always, when no reply is pending: received = sent + Σ dropped. */
export interface UdpCounters {
  readonly received: Counter;
  readonly sent: Counter;
  readonly dropped: Readonly<Record<DroppedReason, Counter>>;
  readonly receivedBytes: Counter;
  readonly sentBytes: Counter;
}

export function udpCounters(block: CounterBlock, listener: string): UdpCounters {
  const labels = { listener };
  const counters: UdpCounters = {
    received: block.counter('l4_udp_datagrams_received_total', 'Datagrams received.', labels),
    sent: block.counter('l4_udp_datagrams_sent_total', 'Reply datagrams sent.', labels),
    dropped: block.countersBy(
      'reason',
      droppedReasons,
      'l4_udp_datagrams_dropped_total',
      'Datagrams received without a reply, by reason.',
      labels,
    ),
    receivedBytes: block.counter('l4_udp_received_bytes_total', 'Payload bytes received.', labels),
    sentBytes: block.counter('l4_udp_sent_bytes_total', 'Payload bytes sent.', labels),
  };
  block.account({
    into: counters.received,
    out: [counters.sent, ...Object.values(counters.dropped)],
    lost: counters.dropped.send_error,
  });
  return counters;
}
