import type { CounterBlock } from '@echo-daytime/worker';
import { Counter, Gauge, Registry } from 'prom-client';
import { SharedMetrics } from './exposition/shared-metrics.ts';
import { openProcessMetrics } from './process-metrics.ts';
import type { Supervisor } from './supervisor.ts';

/** What a scrape shows. */
export interface Metrics {
  readonly registry: Registry;
  readonly shared: SharedMetrics;
}

/** The metrics of one service: in the registry the process and the state of its workers, and what the workers count. */
export function openMetrics(
  service: { readonly name: string; readonly version: string },
  layout: CounterBlock,
  supervisor: Supervisor,
): Metrics {
  const registry = new Registry();
  openProcessMetrics(registry);
  const registers = [registry];
  new Gauge({
    name: 'l4_build_info',
    help: 'Always 1. The labels name the service, its version and the version of Node.',
    labelNames: ['service', 'version', 'node'],
    registers,
  }).set({ service: service.name, version: service.version, node: process.versions.node }, 1);
  new Gauge({
    name: 'l4_data_plane_workers',
    help: 'Data-plane workers whose listeners are all bound.',
    registers,
    collect() {
      this.set(supervisor.status().listening);
    },
  });
  const restarts = new Counter({
    name: 'l4_data_plane_worker_restarts_total',
    help: 'Restarts of data-plane workers that died.',
    registers,
  });
  supervisor.on('restart', () => restarts.inc());
  new Gauge({
    name: 'l4_data_plane_heartbeat_age_seconds',
    help: 'Age of the oldest heartbeat of a data-plane worker. It grows while the event loop of a worker is blocked.',
    registers,
    collect() {
      this.set(supervisor.status().heartbeatAge);
    },
  });
  const shared = new SharedMetrics();
  shared.add({ families: layout.families, memories: supervisor.counters });
  return { registry, shared };
}
