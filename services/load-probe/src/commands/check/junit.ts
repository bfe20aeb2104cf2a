import { gateLine, gateName } from '../../cli/report.ts';
import { missingLines, targetLines } from './report.ts';
import type { CheckResult } from './run.ts';
import type { Tally } from './tally.ts';

const MS_PER_SECOND = 1_000;

/**
 * A check as CI systems read it: a test suite for each target, a test case for each gate, as in
 * https://github.com/testmoapp/junitxml. A check that was stopped has a skipped test case for its missing samples.
 */
export function junitReport(result: CheckResult): string {
  const suites = result.targets.map((tally) => suiteOf(tally, result));
  const total = (key: keyof Counts): number => suites.reduce((sum, { counts }) => sum + counts[key], 0);
  const counts = attributes({
    tests: total('tests'),
    failures: total('failures'),
    skipped: total('skipped'),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="load-probe check"${counts} time="${seconds(result)}">`,
    ...suites.map(({ xml }) => xml),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Suite {
  readonly xml: string;
  readonly counts: Counts;
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
}

function suiteOf(tally: Tally, result: CheckResult): Suite {
  const { id, url } = tally.target;
  const testCase = (name: string, content?: string): string => {
    const open = `    <testcase name="${escaped(name)}" classname="${escaped(id)}" time="${seconds(result)}"`;
    return content === undefined ? `${open}/>` : `${open}>\n      ${content}\n    </testcase>`;
  };
  const missing = missingLines(tally);
  const failures = tally.failures.map(({ outcome, count, detail }) => `${count} ${outcome}: ${detail}`);
  const reasons = escaped([...failures, ...missing].join('\n'));
  const results = result.gates.map((gate) => ({
    gate,
    result: gate.results.find(({ target }) => target === id)!,
  }));
  const cases = results.map(({ gate, result }) => {
    const message = `message="${escaped(gateLine(gate, result))}" type="${gate.kind}"`;
    return testCase(gateName(gate), result.held ? undefined : `<failure ${message}>${reasons}</failure>`);
  });
  const skipped =
    missing.length === 0
      ? []
      : [testCase(`all ${tally.asked} samples`, `<skipped message="${escaped(missing.join('; '))}"/>`)];
  const counts = {
    tests: cases.length + skipped.length,
    failures: results.filter(({ result }) => !result.held).length,
    skipped: skipped.length,
  };
  const timestamp = new Date(result.startedAt).toISOString().replace(/\.\d+Z$/, '');
  const xml = [
    `  <testsuite name="${escaped(id)}"${attributes(counts)} timestamp="${timestamp}" time="${seconds(result)}">`,
    '    <properties>',
    `      <property name="url" value="${escaped(url)}"/>`,
    `      <property name="flow" value="${tally.target.flow}"/>`,
    '    </properties>',
    ...cases,
    ...skipped,
    `    <system-out>${escaped(targetLines(tally).join('\n'))}</system-out>`,
    '  </testsuite>',
  ].join('\n');
  return { xml, counts };
}

function attributes({ tests, failures, skipped }: Counts): string {
  return ` tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}"`;
}

function seconds({ elapsedMs }: CheckResult): string {
  return (elapsedMs / MS_PER_SECOND).toFixed(3);
}

/** Characters that XML 1.0 (section 2.2) can't hold, such as lone surrogates. */
const UNWRITABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function escaped(text: string): string {
  return text
    .replace(UNWRITABLE, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
