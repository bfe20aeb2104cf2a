import type { CounterSource } from '@echo-daytime/runtime';
import { type Counter, CounterBlock } from '@echo-daytime/worker';
import { familyLabels } from '../net/family.ts';

export interface DiscoveryCounters {
  readonly peers: Counter;
  readonly omitted: Counter;
  readonly failures: Readonly<Record<(typeof familyLabels)[number], Counter>>;
  /** For the registry. */
  readonly source: CounterSource;
}

/** The counters of one target with `discover`. They have their own memory, because targets come and go. */
export function discoveryCounters(target: string): DiscoveryCounters {
  const layout = new CounterBlock();
  declare(layout, target);
  const memory = new SharedArrayBuffer(layout.byteLength);
  const source = { families: layout.families, memories: [memory] };
  return { ...declare(new CounterBlock(memory), target), source };
}

function declare(block: CounterBlock, target: string): Omit<DiscoveryCounters, 'source'> {
  const labels = { target };
  const peers = 'Addresses of the target that are probed, each as a peer.';
  const omitted = 'Addresses of the target that are not probed because there are too many.';
  const failures = 'Failed lookups of the target. Its peers of that address family stay as they are.';
  return {
    peers: block.gauge('l4_probe_discovered_peers', peers, labels),
    omitted: block.gauge('l4_probe_discovery_omitted_peers', omitted, labels),
    failures: block.countersBy('family', familyLabels, 'l4_probe_discovery_failures_total', failures, labels),
  };
}
