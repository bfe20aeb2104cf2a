import type { Gate, GateResult } from '../../cli/gates.ts';
import { counted } from '../../stats/format.ts';
import { samplesToTell } from '../../stats/port-classes.ts';
import { type FoundPaths, isAnswered } from './run.ts';

/** How many bad ports there may be. It does not hold where a bad port would not have been seen. */
export function judgeBadPorts(limit: number, id: string, paths: FoundPaths | undefined): Gate {
  return {
    kind: 'max-bad-ports',
    unit: 'count',
    limit,
    text: String(limit),
    results: [{ target: id, ...resultOf(limit, paths) }],
  };
}

function resultOf(limit: number, paths: FoundPaths | undefined): Omit<GateResult, 'target'> {
  if (paths === undefined || !isAnswered(paths)) {
    return { measured: undefined, held: false, reason: 'nothing_measured' };
  }
  const { tallies, verdict } = paths;
  const measured = verdict.bad.length;
  const had = counted(measured, 'bad port');
  if (measured > limit) return { measured, had, held: false, reason: 'limit' };
  const needed = samplesToTell(tallies.length);
  const few = tallies.filter(({ sent }) => sent < needed).length;
  const isUnnamed = measured === 0 && verdict.groups.length > 1;
  if (few === 0 && !isUnnamed) return { measured, had, held: true };
  const doubt = isUnnamed
    ? 'some ports lose more than others, and too few samples tell which'
    : `${counted(few, 'port')} had less than the ${needed} samples by which a dead path shows`;
  return { measured, had, held: false, reason: 'not_enough_measured', doubt };
}
