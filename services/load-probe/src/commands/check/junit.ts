import { junitDocument } from '../../cli/junit.ts';
import { missingLines, seriesLines } from '../../series/report.ts';
import type { CheckResult } from './run.ts';

/**
 * A check as CI systems read it: a test suite for each target, a test case for each gate. A check that was stopped has a
 * skipped test case for its missing samples.
 */
export function junitReport(result: CheckResult): string {
  const suites = result.targets.map((tally) => {
    const { flow, id, url } = tally.target;
    const missing = missingLines(tally);
    const failures = tally.failures.map(({ outcome, count, detail }) => `${count} ${outcome}: ${detail}`);
    return {
      id,
      properties: { url, flow },
      gates: result.gates,
      reasons: [...failures, ...missing],
      ...(missing.length > 0 && {
        missing: { name: `all ${tally.asked} samples`, message: missing.join('; ') },
      }),
      output: seriesLines(tally),
    };
  });
  return junitDocument({ ...result, command: 'check', suites });
}
