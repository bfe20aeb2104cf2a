import type { Change } from './comparison.ts';
import type { TestRun } from './test-run.ts';

/** The result of a mode. */
export type ModeReport =
  | { readonly mode: string; readonly problem: string }
  | { readonly mode: string; readonly slow: TestRun; readonly changes: readonly Change[] };

export function linesOf(report: ModeReport): readonly string[] {
  const { mode } = report;
  if ('problem' in report) return [`${mode}: not tried: ${report.problem}`];
  const { changes, slow } = report;
  const tests = `${slow.results.length} tests in ${slow.seconds.toFixed(0)} s`;
  const sum = changes.length === 0 ? 'all had the same result' : `${changes.length} had a different result`;
  return [
    `${mode}: ${tests}, ${slow.isCutShort ? 'then it was ended; of these ' : ''}${sum}`,
    ...changes.flatMap(({ name, plain, slow }) => [`  ${name}`, `    plain: ${plain}`, `    slow:  ${slow}`]),
  ];
}

/** Whether at least one mode was tried, and every tried mode ran to its end with the same results. */
export function isSame(reports: readonly ModeReport[]): boolean {
  const tried = reports.filter((report) => 'changes' in report);
  return tried.length > 0 && tried.every(({ changes, slow }) => changes.length === 0 && !slow.isCutShort);
}
