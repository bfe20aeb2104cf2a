import { type Observation, type OutcomeOf, seen } from '@echo-daytime/diagnosis';
import type { SynReport } from '../net/syn-changes.ts';
import { takeSamples } from './samples.ts';
import type { Subject } from './subject.ts';

/** What a middlebox changes in a SYN that it passes on: NAT the source, routers the MSS and the mark. */
const PASSED_ON: readonly string[] = ['source', 'mss', 'dscp'];

/** The target tells of the SYNs that it received. */
export async function runSyn(subject: Subject): Promise<readonly Observation[]> {
  const [taken] = await takeSamples(subject, [
    { count: 4, rate: 10, timeoutMs: 1_000, change: { syn: true } },
  ]);
  const known = taken!.syns.flatMap((report) => ('unknown' in report ? [] : [report]));
  const [first] = known;
  if (!first) return [];
  const changes = first.changes.map(({ text }) => text).join(', ');
  return [seen('syn', outcomeOf(first), changes === '' ? 'the SYN arrived as it was sent' : changes)];
}

function outcomeOf({ changes }: Exclude<SynReport, { unknown: string }>): OutcomeOf<'syn'> {
  const fields = changes.map(({ field }) => field);
  if (fields.some((field) => !PASSED_ON.includes(field))) return 'rebuilt';
  return fields.includes('mss') ? 'clamped' : 'as_sent';
}
