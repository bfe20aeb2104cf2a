import { existsSync } from 'node:fs';
import { Counter, collectDefaultMetrics, type Registry } from 'prom-client';

/** Metrics of prom-client by the file of proc(5) that they need. They stay at 0 when that file can't be read. */
const FROM_PROC: Readonly<Record<string, readonly string[]>> = {
  '/proc/self/status': [
    'process_resident_memory_bytes',
    'process_virtual_memory_bytes',
    'process_heap_bytes',
  ],
  '/proc/self/fd': ['process_open_fds'],
};

/** The process metrics of prom-client. Without /proc, as in some sandboxes, metrics that would show a wrong 0 are left out. */
export function openProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  if (process.platform !== 'linux') return;
  for (const [path, names] of Object.entries(FROM_PROC)) {
    if (existsSync(path)) continue;
    for (const name of names) registry.removeSingleMetric(name);
  }
}

/** Counts the log lines and admin connections that the control plane had to drop. */
export function openLossMetrics(registry: Registry, droppedLines: () => number): { adminRefused(): void } {
  new Counter({
    name: 'l4_log_lines_dropped_total',
    help: 'Log lines dropped because the log reader was too slow.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(droppedLines());
    },
  });
  const refused = new Counter({
    name: 'l4_admin_connections_refused_total',
    help: 'Connections to the admin port closed at once because its connection limit was reached.',
    registers: [registry],
  });
  return { adminRefused: () => refused.inc() };
}
