import type { Gate, GateResult } from '../cli/gates.ts';
import { count, counted, percent } from '../stats/format.ts';
import type { Tally } from './tally.ts';

/**
 * Judges targets that must be blocked. A sample that leaked fails them, and so does one that proves nothing: a gate that
 * holds is a proof.
 */
export function judgeBlocked(tallies: readonly Tally[], minMeasured: number): Gate {
  const results = tallies.map((tally) => resultOf(tally, minMeasured));
  return { kind: 'expect', unit: 'count', limit: 0, text: 'blocked', results };
}

function resultOf({ judged, lost, outcomes, samples, target }: Tally, minMeasured: number): GateResult {
  const { blocked, leaked, untested } = outcomes;
  const result = { target: target.id, measured: leaked };
  if (judged === 0) return { ...result, measured: undefined, held: false, reason: 'nothing_measured' };
  const of = counted(judged, 'sample');
  const arrived = lost?.return ?? 0;
  if (leaked > 0 || arrived > 0) {
    const beside = arrived > 0 ? `, and ${counted(arrived, 'request')} arrived without an answer` : '';
    return { ...result, had: `${count(leaked)} of ${of} leaked${beside}`, held: false, reason: 'leaked' };
  }
  const had = `${count(blocked)} of ${of} blocked`;
  if (untested > 0) {
    const doubt = `${count(untested)} untested: nothing got through, but that proves nothing`;
    return { ...result, had, held: false, reason: 'untested', doubt };
  }
  if (judged / samples < minMeasured) {
    const doubt = `not enough was measured: ${count(judged)} of ${counted(samples, 'sample')}, less than ${percent(minMeasured)}`;
    return { ...result, had, held: false, reason: 'not_enough_measured', doubt };
  }
  return { ...result, had, held: true };
}
