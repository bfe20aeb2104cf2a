import { stringify } from 'yaml';
import {
  conflictsIn,
  describeProblems,
  type FileProblem,
  parseTargetsFile,
  targetsOfFile,
} from '../../../../services/load-probe/src/targets/file.ts';
import type { TargetSpec } from '../../../../services/load-probe/src/targets/target.ts';
import { targetsOf } from '../../../../services/load-probe/src/targets/target.ts';
import { type FuzzedParser, promise } from '../fuzzed-parser.ts';
import { kindOf, sorted, writtenUrl } from './target-url.ts';

const settings = { interval: 1_000, timeout: 2_000, size: 64 };
/** Of a promise that was written down with all its digits and read back. */
const FLOAT_TOLERANCE = 1e-9;

/** A file of targets, valid or not. */
export const parser: FuzzedParser = {
  name: 'targets-file',
  inputs: { brief: 300, full: 20_000 },
  batch: 200,
  maxBytes: 3_000,
  covers: [
    'services/load-probe/src/targets/file.ts',
    'services/load-probe/src/targets/url.ts',
    'services/load-probe/src/targets/parameters.ts',
    'services/load-probe/src/targets/slo.ts',
    'services/load-probe/src/targets/setting-keys.ts',
    'node_modules/yaml/dist/',
  ],
  leastCoverage: { brief: 62, full: 65 },
  dictionary: [
    ...[
      'targets:\\n',
      'defaults:\\n',
      '- url: ',
      '  - url: echo+tcp://a:7\\n',
      '    name: ',
      '    interval: 2s\\n',
    ],
    ...[
      '    slo: { loss: 1%, p99: 20ms }\\n',
      '    flow: both\\n',
      '    size: 1KiB\\n',
      'slo:',
      'loss: ',
      'p99: ',
    ],
    ...[
      '&a ',
      '*a',
      '<<: *a',
      '!!str ',
      '!!binary ',
      '!x ',
      '? ',
      ': ',
      '- ',
      '[',
      ']',
      '{',
      '}',
      '{a: ',
      '[[[[[[[[',
    ],
    ...[
      '|\\n',
      '>-\\n',
      '---\\n',
      '...\\n',
      '%YAML 1.1\\n',
      '%TAG ! x\\n',
      '# ',
      "\\'",
      '\\"',
      '\\\\u0000',
      '\\t',
      '\\n',
    ],
    ...[
      '~',
      'null',
      'true',
      '0x1F',
      '1e3',
      '.inf',
      '2026-01-01',
      '__proto__: ',
      'url: tcp://b:1?name=x&flow=both',
    ],
  ],
  seeds: [
    'targets:\n  - url: echo+tcp://192.0.2.7:7007\n',
    `defaults:
  interval: 2s
  flow: both
  slo: { loss: 1%, p99: 20ms }
targets:
  - url: echo+udp://192.0.2.7:7007?size=128
    name: front door
  - url: daytime+tcp://[::1]:13
    timeout: 500ms
    slo:
      p99: 1.5s
`,
    'targets:\n  - &a\n    url: dialog+tcp://a:7008?delimiter=%5Cn\n    flow: sticky\n  - url: session+tcp://b:1\n',
    'x: &x [1]\ntargets: *x\n',
    'targets:\n  - url: echo+tcp://a:7\n    url: echo+tcp://b:7\n    nmae: x\n',
    'targets:\r\n- {url: "tcp://a:1", interval: 0}\r\n- 7\r\n- [a]\r\n',
    'targets: [\n',
    '',
  ].map((text) => Buffer.from(text)),

  attempt(input) {
    const text = input.toString();
    const { entries, problems } = parseTargetsFile(text);
    if (problems.length > 0) {
      checkPlaces(problems, text);
      const [{ text: first } = { text: '' }] = problems;
      return `${Math.min(3, problems.length)} ${kindOf(first) || yamlKindOf(first)}`;
    }
    promise(entries.length > 0, () => 'neither a target nor a problem');
    checkPlaces(conflictsIn(entries, settings), text);
    const specs = entries.map(({ spec }) => spec);
    const [series, bySpec] = [targetsOfFile(entries, settings), targetsOf({ targets: specs, ...settings })];
    promise(
      JSON.stringify(series) === JSON.stringify(bySpec),
      () => 'the file has other series than its targets',
    );
    checkRoundTrip(specs);
    return `${Math.min(3, specs.length)} ${Object.keys(specs[0] ?? {}).length}`;
  },
};

/** What the YAML parser says, without what it quotes. */
function yamlKindOf(text: string): string {
  return text.replace(/["'`:\d].*/s, '').slice(0, 24);
}

/** Every problem is somewhere in the file, says something, and is one line of the report. */
function checkPlaces(problems: readonly FileProblem[], text: string): void {
  const lines = text.split('\n').length;
  for (const problem of problems) {
    const isWithin = Number.isInteger(problem.line) && problem.line >= 1 && problem.line <= lines;
    promise(isWithin, () => `line ${problem.line} of ${lines}: ${problem.text}`);
    promise(problem.text.trim() !== '', () => `line ${problem.line} has a problem without words`);
  }
  const described = describeProblems(problems);
  promise(
    described.length === problems.length,
    () => `${described.length} of ${problems.length} problems are told`,
  );
}

/** The same targets written down anew are the same targets. */
function checkRoundTrip(specs: readonly TargetSpec[]): void {
  const targets = specs.map((spec) => ({
    url: writtenUrl(spec),
    ...(spec.slo && { slo: writtenSlo(spec.slo) }),
  }));
  const again = parseTargetsFile(stringify({ targets }, { lineWidth: 0 }));
  promise(again.problems.length === 0, () => `written anew: ${describeProblems(again.problems).join('; ')}`);
  for (const [index, spec] of specs.entries()) {
    const { slo, ...rest } = spec;
    const { slo: sloAgain, ...restAgain } = again.entries[index]!.spec;
    const same =
      JSON.stringify(sorted(rest)) === JSON.stringify(sorted(restAgain)) && isSameSlo(slo, sloAgain);
    promise(
      same,
      () => `${JSON.stringify(spec)} reads back as ${JSON.stringify(again.entries[index]?.spec)}`,
    );
  }
}

function writtenSlo({ maxLossRatio, maxP99Ms }: NonNullable<TargetSpec['slo']>): Record<string, string> {
  return {
    ...(maxLossRatio !== undefined && { loss: `${plain(maxLossRatio * 100)}%` }),
    ...(maxP99Ms !== undefined && { p99: `${plain(maxP99Ms)}ms` }),
  };
}

/** Without an exponent. */
function plain(value: number): string {
  return value.toLocaleString('en', { useGrouping: false, maximumSignificantDigits: 17 });
}

function isSameSlo(one: TargetSpec['slo'] = {}, other: TargetSpec['slo'] = {}): boolean {
  return (['maxLossRatio', 'maxP99Ms'] as const).every((name) => {
    const [a, b] = [one[name], other[name]];
    return a === b || Math.abs((a ?? Number.NaN) - (b ?? Number.NaN)) <= FLOAT_TOLERANCE * Math.abs(a ?? 0);
  });
}
