import type { CheckResult } from './check.ts';
import { targetLines } from './check-report.ts';
import { gateName, verdictWords } from './gates.ts';
import type { Tally } from './tally.ts';

const MS_PER_SECOND = 1_000;

/**
 * A check as CI systems read it: a test suite for each target, a test case for each gate, as in
 * https://github.com/testmoapp/junitxml
 */
export function junitReport(result: CheckResult): string {
  const suites = result.targets.map((tally) => suiteOf(tally, result));
  const counts = attributes(totals(suites));
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
  readonly tests: number;
  readonly failures: number;
}

function suiteOf(tally: Tally, result: CheckResult): Suite {
  const { id, url } = tally.target;
  const cases = result.gates.map((gate) => {
    const verdict = gate.verdicts.find(({ target }) => target === id)!;
    const open = `    <testcase name="${escaped(gateName(gate))}" classname="${escaped(id)}" time="${seconds(result)}"`;
    const message = `message="${escaped(verdictWords(gate, verdict))}" type="${gate.kind}"`;
    const reasons = tally.failures.map(({ outcome, count, detail }) => `${count} ${outcome}: ${detail}`);
    const xml = verdict.held
      ? `${open}/>`
      : `${open}>\n      <failure ${message}>${escaped(reasons.join('\n'))}</failure>\n    </testcase>`;
    return { xml, held: verdict.held };
  });
  const tests = cases.length;
  const failures = cases.filter(({ held }) => !held).length;
  const timestamp = new Date(result.startedAt).toISOString().replace(/\.\d+Z$/, '');
  const xml = [
    `  <testsuite name="${escaped(id)}"${attributes({ tests, failures })} timestamp="${timestamp}" time="${seconds(result)}">`,
    '    <properties>',
    `      <property name="url" value="${escaped(url)}"/>`,
    `      <property name="flow" value="${tally.target.flow}"/>`,
    '    </properties>',
    ...cases.map((testCase) => testCase.xml),
    `    <system-out>${escaped(targetLines(tally).join('\n'))}</system-out>`,
    '  </testsuite>',
  ].join('\n');
  return { xml, tests, failures };
}

function totals(suites: readonly Suite[]): Pick<Suite, 'tests' | 'failures'> {
  return {
    tests: suites.reduce((sum, { tests }) => sum + tests, 0),
    failures: suites.reduce((sum, { failures }) => sum + failures, 0),
  };
}

function attributes({ tests, failures }: Pick<Suite, 'tests' | 'failures'>): string {
  return ` tests="${tests}" failures="${failures}" errors="0" skipped="0"`;
}

function seconds({ elapsedMs }: CheckResult): string {
  return (elapsedMs / MS_PER_SECOND).toFixed(3);
}

/** Characters that XML 1.0 (section 2.2) has no way to write; lone surrogates are among them. */
const UNWRITABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

function escaped(text: string): string {
  return text
    .replace(UNWRITABLE, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
