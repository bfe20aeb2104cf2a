import type { CounterBlock, Labels, MetricFamily } from '@echo-daytime/worker';
import { Counter, Gauge, type Metric, Registry } from 'prom-client';
import { openProcessMetrics } from './process-metrics.ts';
import type { Supervisor } from './supervisor.ts';

interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName: string;
}

/** The registry of one service: process metrics, the state of its workers and what they counted. */
export function openMetrics(
  service: { readonly name: string; readonly version: string },
  layout: CounterBlock,
  supervisor: Supervisor,
): { readonly registry: Registry; readonly shared: SharedMetrics } {
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
  const shared = new SharedMetrics(registry);
  shared.add({ families: layout.families, memories: supervisor.counters });
  return { registry, shared };
}

/** Metric families and the memories that hold their values. All memories have one layout and are summed. */
export interface CounterSource {
  readonly families: readonly MetricFamily[];
  readonly memories: readonly SharedArrayBuffer[];
}

/** The counters in shared memory as metrics of a registry. The series of a source come and go with it. */
export class SharedMetrics {
  readonly #registry: Registry;
  readonly #sources = new Set<CounterSource>();
  readonly #registered = new Set<string>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  add(source: CounterSource): void {
    this.#sources.add(source);
    for (const family of source.families) {
      if (this.#registered.has(family.name)) continue;
      this.#registered.add(family.name);
      this.#registry.registerMetric(this.#metric(family));
    }
  }

  remove(source: CounterSource): void {
    this.#sources.delete(source);
  }

  /**
   * A family as a metric of prom-client. The library's Counter and Histogram would keep values of their own, but its
   * registry needs only a name and `get` of a metric.
   */
  #metric({ name, help, type }: MetricFamily): Metric {
    const metric = {
      name,
      help,
      type,
      get: async () => ({ name, help, type, aggregator: 'sum', values: this.#read(name) }),
    };
    return metric as unknown as Metric;
  }

  #read(name: string): Sample[] {
    return [...this.#sources].flatMap(({ families, memories }) => {
      const family = families.find((candidate) => candidate.name === name);
      if (!family) return [];
      const blocks = memories.map((memory) => new Float64Array(memory));
      const read: Read = (cell) => blocks.reduce((sum, cells) => sum + (cells[cell] ?? 0), 0);
      const samplesOf = family.type === 'histogram' ? histogramSamples : plainSample;
      return family.series
        .filter(({ cell, shownAtZero }) => shownAtZero || read(cell) !== 0)
        .flatMap(({ labels, cell }) => samplesOf(family, labels, cell, read));
    });
  }
}

type Read = (cell: number) => number;

function plainSample({ name }: MetricFamily, labels: Labels, cell: number, read: Read): Sample[] {
  return [{ metricName: name, labels, value: read(cell) }];
}

function histogramSamples(
  { name, bounds }: MetricFamily,
  labels: Labels,
  cell: number,
  read: Read,
): Sample[] {
  let count = 0;
  const buckets = [...bounds, '+Inf'].map((le, index) => {
    count += read(cell + index);
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: read(cell + bounds.length + 1) },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
