import { closeSync, openSync, writeFileSync } from 'node:fs';
import { quoted } from '@echo-daytime/runtime';
import { OutputError, UsageError } from './errors.ts';
import type { Gate } from './gates.ts';
import { gateLine, gateName } from './report.ts';

const MS_PER_SECOND = 1_000;

/** What was judged by gates, as CI systems read it: https://github.com/testmoapp/junitxml. */
export interface JunitSuite {
  readonly id: string;
  readonly properties: Readonly<Record<string, string>>;
  /** A test case each, where it is about this suite. */
  readonly gates: readonly Gate[];
  /** What failed, in words. */
  readonly reasons: readonly string[];
  /** Further test cases. */
  readonly cases?: readonly JunitCase[];
  /** A skipped test case, where something is missing. */
  readonly missing?: { readonly name: string; readonly message: string };
  /** The report in words. */
  readonly output: readonly string[];
}

export interface JunitCase {
  readonly name: string;
  readonly failure?: { readonly message: string; readonly type: string };
}

export interface JunitRun {
  /** Such as `check`. */
  readonly command: string;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  readonly suites: readonly JunitSuite[];
}

export function junitDocument(run: JunitRun): string {
  const suites = run.suites.map((suite) => suiteOf(suite, run));
  const total = (key: keyof Counts): number => suites.reduce((sum, { counts }) => sum + counts[key], 0);
  const counts = attributes({
    tests: total('tests'),
    failures: total('failures'),
    skipped: total('skipped'),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="load-probe ${run.command}"${counts} time="${seconds(run)}">`,
    ...suites.map(({ xml }) => xml),
    '</testsuites>',
    '',
  ].join('\n');
}

interface Counts {
  readonly tests: number;
  readonly failures: number;
  readonly skipped: number;
}

function suiteOf(suite: JunitSuite, run: JunitRun): { readonly xml: string; readonly counts: Counts } {
  const { cases: others = [], gates, id, missing, output, properties } = suite;
  const reasons = escaped(suite.reasons.join('\n'));
  const testCase = (name: string, content?: string): string => {
    const open = `    <testcase name="${escaped(name)}" classname="${escaped(id)}" time="${seconds(run)}"`;
    return content === undefined ? `${open}/>` : `${open}>\n      ${content}\n    </testcase>`;
  };
  const results = gates.flatMap((gate) =>
    gate.results.filter(({ target }) => target === id).map((result) => ({ gate, result })),
  );
  const ofGates = results.map(({ gate, result }): JunitCase => {
    const failure = { message: gateLine(gate, result), type: gate.kind };
    return { name: gateName(gate), ...(!result.held && { failure }) };
  });
  const all = [...ofGates, ...others];
  const cases = all.map(({ failure, name }) => {
    if (!failure) return testCase(name);
    const attributes = `message="${escaped(failure.message)}" type="${failure.type}"`;
    return testCase(name, `<failure ${attributes}>${reasons}</failure>`);
  });
  const skipped = missing ? [testCase(missing.name, `<skipped message="${escaped(missing.message)}"/>`)] : [];
  const counts = {
    tests: cases.length + skipped.length,
    failures: all.filter(({ failure }) => failure !== undefined).length,
    skipped: skipped.length,
  };
  const timestamp = new Date(run.startedAt).toISOString().replace(/\.\d+Z$/, '');
  const xml = [
    `  <testsuite name="${escaped(id)}"${attributes(counts)} timestamp="${timestamp}" time="${seconds(run)}">`,
    '    <properties>',
    ...Object.entries(properties).map(
      ([name, value]) => `      <property name="${name}" value="${escaped(value)}"/>`,
    ),
    '    </properties>',
    ...cases,
    ...skipped,
    `    <system-out>${escaped(output.join('\n'))}</system-out>`,
    '  </testsuite>',
  ].join('\n');
  return { xml, counts };
}

function attributes({ tests, failures, skipped }: Counts): string {
  return ` tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}"`;
}

function seconds({ elapsedMs }: Pick<JunitRun, 'elapsedMs'>): string {
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

/** The file of `--junit`, opened before the first sample, so that a path that can't be written is reported at once. */
export class JunitFile {
  readonly #path: string;
  readonly #descriptor: number;

  /** @throws UsageError */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw new UsageError([`--junit ${quoted(path)} can't be written: ${(error as Error).message}`]);
    }
  }

  /** @throws OutputError */
  write(text: string): void {
    try {
      writeFileSync(this.#descriptor, text);
      closeSync(this.#descriptor);
    } catch (error) {
      throw new OutputError(`--junit ${quoted(this.#path)}`, error);
    }
  }
}
