import type { CounterBlock, Labels, MetricFamily } from '@echo-daytime/link';
import { Counter, collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client';
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
): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'l4_build_info',
    help: 'Always 1; the labels tell what is running.',
    labelNames: ['service', 'version', 'node'],
    registers,
  }).set({ service: service.name, version: service.version, node: process.versions.node }, 1);
  new Gauge({
    name: 'l4_data_plane_workers',
    help: 'Data-plane workers that have every listener bound.',
    registers,
    collect() {
      this.set(supervisor.status().listening);
    },
  });
  const restarts = new Counter({
    name: 'l4_data_plane_worker_restarts_total',
    help: 'Data-plane workers that died and were started again.',
    registers,
  });
  supervisor.on('restart', () => restarts.inc());
  new Gauge({
    name: 'l4_data_plane_heartbeat_age_seconds',
    help: 'Time since the slowest data-plane worker last showed that its event loop turns.',
    registers,
    collect() {
      this.set(supervisor.status().heartbeatAge);
    },
  });
  for (const family of layout.families) registry.registerMetric(sharedMetric(family, supervisor));
  return registry;
}

/**
 * A family of the workers' shared memory as a metric of prom-client, summed over the workers. Its own Counter
 * and Histogram classes keep the numbers themselves; the registry only asks a metric for its name and `get`.
 */
function sharedMetric(family: MetricFamily, supervisor: Supervisor): Metric {
  const { name, help, type } = family;
  const samplesOf = type === 'histogram' ? histogramSamples : plainSample;
  const metric = {
    name,
    help,
    type,
    async get() {
      const blocks = supervisor.counters.map((memory) => new Float64Array(memory));
      const read = (cell: number): number => blocks.reduce((sum, cells) => sum + (cells[cell] ?? 0), 0);
      const values = family.series.flatMap(({ labels, cell }) => samplesOf(family, labels, cell, read));
      return { name, help, type, aggregator: 'sum', values };
    },
  };
  return metric as unknown as Metric;
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
