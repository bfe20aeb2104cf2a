import type { Counter, CounterBlock } from '@echo-daytime/worker';
import { type SynReport, synFields } from '../net/syn-changes.ts';

/** Values of the label `change`: what was changed, or `none`, or `unknown` where the target did not tell. */
const changes = [...synFields, 'none', 'unknown'] as const;

export type SynCounters = Readonly<Record<(typeof changes)[number], Counter>>;

export function declareSynCounters(block: CounterBlock): SynCounters {
  const help = 'SYNs by what was changed on their way; a SYN with several changes counts for each.';
  return block.countersBy('change', changes, 'l4_probe_syn_changes_total', help, {});
}

export function countSyn(counters: SynCounters, report: SynReport): void {
  if ('unknown' in report) counters.unknown.increment();
  else if (report.changes.length === 0) counters.none.increment();
  else for (const { field } of report.changes) counters[field].increment();
}
