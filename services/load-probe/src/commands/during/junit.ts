import { junitDocument } from '../../cli/junit.ts';
import { type Command, endWords, recordLines, workLine } from './report.ts';
import type { DuringResult } from './run.ts';

const COMMAND = 'the command ends with exit code 0';

/**
 * As CI systems read it: a test suite for the new flows of each target and one for its old flow, with a test case for each
 * gate, and a suite for the command.
 */
export function junitReport(result: DuringResult, command: Command): string {
  const { gates, targets, work } = result;
  const line = workLine(work, command);
  const suites = targets.map((record) => ({
    id: record.target.id,
    properties: { url: record.target.url, flow: record.target.flow },
    gates,
    reasons: record.causes.map(({ count, detail, outcome }) => `${count} ${outcome}: ${detail}`),
    output: recordLines(record, work),
  }));
  const end = work.name === 'done' ? work.end : undefined;
  const failed = end !== undefined && end.code !== 0;
  const ofWork = {
    id: command ? 'the command' : 'sampling',
    properties: {},
    gates: [],
    reasons: [],
    output: [line],
    cases: [
      {
        name: 'every sample of the warm-up is ok',
        ...(work.name === 'not_begun' && { failure: { message: work.why, type: 'warm-up' } }),
      },
      ...(end
        ? [{ name: COMMAND, ...(failed && { failure: { message: endWords(end), type: 'command' } }) }]
        : []),
    ],
    ...(command && !end && { missing: { name: COMMAND, message: line } }),
  };
  return junitDocument({ ...result, command: 'during', suites: [...suites, ofWork] });
}
