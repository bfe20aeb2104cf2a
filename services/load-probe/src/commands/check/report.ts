import { gateDocument, gateLines, jsonDocument, textOf } from '../../cli/report.ts';
import { seriesDocument, seriesLines } from '../../series/report.ts';
import { type CheckResult, hasHeld } from './run.ts';

/** The result for programs. */
export function jsonReport(result: CheckResult): string {
  return jsonDocument({
    held: hasHeld(result),
    interrupted: result.interrupted,
    startedAt: new Date(result.startedAt).toISOString(),
    elapsedMs: result.elapsedMs,
    minMeasuredRatio: result.minMeasured,
    gates: result.gates.map(gateDocument),
    targets: result.targets.map(seriesDocument),
  });
}

/** The result for people. */
export function textReport(result: CheckResult): string {
  const lines = result.targets.flatMap((tally) => [...seriesLines(tally), '']);
  if (result.interrupted) lines.push('stopped before all samples were taken');
  return textOf([...lines, ...gateLines(result.gates)]);
}
