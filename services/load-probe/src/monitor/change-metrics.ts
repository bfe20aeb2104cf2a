import type { Counter, CounterBlock } from '@echo-daytime/worker';
import type { ChangeReport } from '../net/change-report.ts';
import { type MarkField, markFields } from '../net/mark-changes.ts';
import { type SynField, synFields } from '../net/syn-changes.ts';

/** By the label `change`: what was changed, or `none`, or `unknown` where the target did not tell. */
export type ChangeCounters<Field extends string> = Readonly<Record<Field | 'none' | 'unknown', Counter>>;

export function declareSynCounters(block: CounterBlock): ChangeCounters<SynField> {
  const help = 'SYNs by what was changed on their way; a SYN with several changes counts for each.';
  return declare(block, synFields, 'l4_probe_syn_changes_total', help);
}

export function declareMarkCounters(block: CounterBlock): ChangeCounters<MarkField> {
  const help =
    'Answered samples by what was changed in their mark on the way; a sample with several changes counts for each.';
  return declare(block, markFields, 'l4_probe_mark_changes_total', help);
}

export function countChanges<Field extends string>(
  counters: ChangeCounters<Field>,
  report: ChangeReport<Field>,
): void {
  if ('unknown' in report) counters.unknown.increment();
  else if (report.changes.length === 0) counters.none.increment();
  else for (const { field } of report.changes) counters[field].increment();
}

function declare<Field extends string>(
  block: CounterBlock,
  fields: readonly Field[],
  name: string,
  help: string,
): ChangeCounters<Field> {
  return block.countersBy('change', [...fields, 'none', 'unknown'], name, help, {});
}
