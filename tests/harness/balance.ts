import type { Metrics } from './metrics.ts';

/**
 * accepted - open - Σ closed of a TCP listener: 0, because each connection is counted. A scrape reads one counter after
 * the other, so those that come and go meanwhile are off.
 */
export function tcpImbalance(metrics: Metrics, listener: string): number {
  const labels = { listener };
  const open = metrics.value('l4_tcp_connections_open', labels);
  const closed = metrics.sum('l4_tcp_connections_closed_total', labels);
  return metrics.value('l4_tcp_connections_accepted_total', labels) - open - closed;
}

/** received - sent - Σ dropped of a UDP listener: 0 when none is in flight. */
export function udpImbalance(metrics: Metrics, listener: string): number {
  const labels = { listener };
  const sent = metrics.value('l4_udp_datagrams_sent_total', labels);
  const dropped = metrics.sum('l4_udp_datagrams_dropped_total', labels);
  return metrics.value('l4_udp_datagrams_received_total', labels) - sent - dropped;
}
