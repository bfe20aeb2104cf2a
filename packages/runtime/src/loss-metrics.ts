import { Counter, type Registry } from 'prom-client';

/** What the control plane itself had to turn away. */
export function openLossMetrics(registry: Registry, droppedLines: () => number): { adminRefused(): void } {
  new Counter({
    name: 'l4_log_lines_dropped_total',
    help: 'Log lines that were dropped because what reads the log was too far behind.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(droppedLines());
    },
  });
  const refused = new Counter({
    name: 'l4_admin_connections_refused_total',
    help: 'Connections to the admin port that were closed at once because it had too many.',
    registers: [registry],
  });
  return { adminRefused: () => refused.inc() };
}
