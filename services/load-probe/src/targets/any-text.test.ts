import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { anyCharacter } from '../../../../tests/harness/hostile-text.ts';
import { conflictsIn, describeProblems, parseTargetsFile, targetsOfFile } from './file.ts';
import { schemes } from './protocol.ts';
import { settingProblems } from './setting-keys.ts';
import { type TargetSpec, targetsOf } from './target.ts';
import { idsOf, readTarget, readTargets, targetProblems } from './url.ts';

const settings = { interval: 1_000, timeout: 2_000, size: 64 };
const URL_OF_TARGET = /^[a-z]+(\+[a-z]+)?:\/\/(\[[^\]]+\]|[\w.-]+):\d{1,5}$/;
/** The error of a share that was written with all its digits and read back. */
const FLOAT_TOLERANCE = 1e-9;

const words = (text: string): fc.Arbitrary<string> => fc.constantFrom(...text.split(' '));
const mostly = (likely: fc.Arbitrary<string>, mistakes: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof({ weight: 8, arbitrary: likely }, { weight: 1, arbitrary: mistakes });
const character = fc.oneof(anyCharacter, words('% # & + = { } [ ] \\ : ? / \0 \n \ufeff \u200b \ud800'));
const noise = fc.array(character, { maxLength: 4 }).map((all) => all.join(''));

const parameter = mostly(
  words(
    'name=lb name=a+b name=%00 interval=250ms interval=1ms timeout=1s timeout=1h size=1KiB size=16MiB flow=both ' +
      'flow=sticky flow=fresh discover=dns delimiter=%5Ct delimiter= delimiter=%5Cx expect=got%7Bmessage%7D expect={',
  ),
  fc.tuple(words('name interval size flow __proto__ toString expect'), noise).map((pair) => pair.join('=')),
);
const url = fc
  .record({
    scheme: mostly(fc.constantFrom(...schemes), noise),
    host: mostly(
      words('a.b a_b 192.0.2.7 [::1] [2001:db8::7] localhost'),
      fc.oneof(words('256.1.1.1 [a] [::1%lo]'), noise),
    ),
    port: mostly(words('7 7007 65535'), fc.oneof(words('0 65536 007 -1'), noise)),
    query: fc.oneof(
      fc.constant([]),
      fc.uniqueArray(parameter, { maxLength: 5, selector: (text) => text.split('=')[0] }),
    ),
    end: mostly(fc.constant(''), fc.oneof(words('/ #x /x'), noise)),
  })
  .map(({ scheme, host, port, query, end }) =>
    [scheme, '://', host, ':', port, query.length > 0 ? '?' : '', query.join('&'), end].join(''),
  );

const line = mostly(
  fc.oneof(
    url.map((text) => `  - url: ${JSON.stringify(text)}`),
    fc.constantFrom(
      '    interval: 2s',
      '    flow: both',
      '    slo: { loss: 1%, p99: 20ms }',
      '    name: x',
      '    size: 1KiB',
    ),
  ),
  fc.oneof(
    fc.constantFrom(
      'defaults: { flow: both }',
      '  - &a { url: tcp://a:1 }',
      '  - *a',
      '  - 7',
      '    <<: *a',
      '---',
      '%YAML 1.1',
    ),
    fc.constantFrom(
      '    slo: { p99: .inf }',
      '    ? [',
      '    !!binary x',
      '    |',
      '    __proto__: x',
      '    url: "',
      '\t',
    ),
    noise,
  ),
);
const file = fc.array(line, { maxLength: 8 }).map((lines) => ['targets:', ...lines].join('\n'));

describe('any text', () => {
  it('should be a target, or give its problems', () => {
    fc.assert(
      fc.property(url, (text) => {
        const read = readTarget(text);
        const { targets, problems } = readTargets([text]);
        if (!Array.isArray(read)) {
          expectTarget(read, targets, problems);
          return;
        }
        expect(read).not.toEqual([]);
        expect(targets).toEqual([]);
        expect(problems).toEqual(targetProblems(text, read));
      }),
      {
        numRuns: 1_000,
        examples: [
          ['tcp://%a:1?interval=1ms&timeout=2h'],
          ['session+tcp://a_:7]:7?name=lb&interval=250ms'],
          ['echo+udp://[\x1b2001:db8::7]:7?name=lb%interval=2o+tcp://:0?x=1&x=2#y50ms'],
          ['dialog+tcp://a:7008?delimiter=%5B&flow=both'],
          ['dialog+tcp://a:7008?delimiter=%5Cr%5&size=n&expect=got%7Bmessap\ufffdge%7D'],
          ['echo+tcp://19a.b.c0.2./192.0.2./1e309/192.0.2.7:7007'],
        ],
      },
    );
  });

  it('should be a targets file, or give its problems with their lines', () => {
    fc.assert(
      fc.property(file, (text) => {
        const { entries, problems } = parseTargetsFile(text);
        expect(entries.length + problems.length).toBeGreaterThan(0);
        const found = problems.length > 0 ? problems : conflictsIn(entries, settings);
        for (const problem of found) {
          expect(problem.line).toBeGreaterThanOrEqual(1);
          expect(problem.line).toBeLessThanOrEqual(text.split('\n').length);
          expect(problem.text.trim()).not.toBe('');
        }
        expect(describeProblems(found)).toHaveLength(found.length);
        if (problems.length > 0) return;
        const specs = entries.map(({ spec }) => spec);
        expect(targetsOfFile(entries, settings)).toEqual(targetsOf({ targets: specs, ...settings }));
        expectRoundTrip(specs);
      }),
      {
        numRuns: 400,
        examples: [
          [''],
          ['x: &x [1]\ntargets: *x\n'],
          ['targets: [\n'],
          ['targets:\n  - url: echo+tcp://a:7\n    url: echo+tcp://b:7\n    nmae: x\n'],
          ['targets:\r\n- {url: "tcp://a:1", interval: 0}\r\n- 7\r\n- [a]\r\n'],
          ['\n- 7\r\n- a]\r\n- [a]# \t- [a]\r\n- la]\r\nialog+tcp://a:7008?delimiter=%5C'],
          ['%YAML 1.1\ntargets:\n  - &a\n    url: tcp://a:1\n    flow: sticky|\n  - url: sessi:7007\n'],
          ['targets:\n  - url: tcp://a:1\n---\n    slo:\n      p99: 1.5s\n'],
        ],
      },
    );
  });
});

function expectTarget(spec: TargetSpec, targets: readonly TargetSpec[], problems: readonly string[]): void {
  expect(spec.url).toMatch(URL_OF_TARGET);
  expect(spec.port >= 1 && spec.port <= 65_535).toBe(true);
  expect(spec.host).toMatch(/^.{1,253}$/);
  expect(spec.name).toMatch(/^(?!\s*$)\P{C}+$/u);
  // Only a name that makes two series the same can be a problem now.
  if (problems.length > 0) {
    expect(new Set(idsOf(spec)).size).toBeLessThan(idsOf(spec).length);
    return;
  }
  expect(targets).toEqual([spec]);
  expect(readTarget(urlOf(spec))).toEqual(spec);
  const series = targetsOf({ targets: [spec], ...settings });
  expect(series).toHaveLength(spec.flow === 'both' ? 2 : 1);
  for (const problem of series.flatMap(settingProblems)) expect(problem).toContain(JSON.stringify(spec.url));
}

/** A URL that `readTarget` reads as the same target. */
function urlOf(spec: TargetSpec): string {
  const given = {
    ...(spec.name !== spec.url && { name: spec.name }),
    ...(spec.intervalMs !== undefined && { interval: `${spec.intervalMs}ms` }),
    ...(spec.timeoutMs !== undefined && { timeout: `${spec.timeoutMs}ms` }),
    ...(spec.sizeBytes !== undefined && { size: `${spec.sizeBytes}B` }),
    ...(spec.flow !== undefined && { flow: spec.flow }),
    ...(spec.discover !== undefined && { discover: spec.discover }),
    ...(spec.protocol === 'dialog-tcp' && spec.dialog),
    ...(spec.expect !== undefined && { expect: spec.expect }),
    ...(spec.control !== undefined && { control: spec.control }),
  };
  const query = new URLSearchParams(given as Record<string, string>);
  return query.size === 0 ? spec.url : `${spec.url}?${query}`;
}

/** Checks that targets that are written to a file and read again are the same targets. */
function expectRoundTrip(specs: readonly TargetSpec[]): void {
  const targets = specs.map((spec) => ({ url: urlOf(spec), ...(spec.slo && { slo: written(spec.slo) }) }));
  const { entries, problems } = parseTargetsFile(stringify({ targets }, { lineWidth: 0 }));
  expect(problems).toEqual([]);
  for (const [index, { slo = {}, ...rest }] of specs.entries()) {
    const { slo: sloAgain = {}, ...restAgain } = entries[index]!.spec;
    expect(restAgain).toEqual(rest);
    for (const name of ['maxLossRatio', 'maxP99Ms'] as const) {
      const [one = 0, other = 0] = [slo[name], sloAgain[name]];
      expect(Math.abs(one - other)).toBeLessThanOrEqual(FLOAT_TOLERANCE * one);
    }
  }
}

function written({ maxLossRatio, maxP99Ms }: NonNullable<TargetSpec['slo']>): Record<string, string> {
  // Without an exponent.
  const plain = (value: number): string =>
    value.toLocaleString('en', { useGrouping: false, maximumSignificantDigits: 17 });
  return {
    ...(maxLossRatio !== undefined && { loss: `${plain(maxLossRatio * 100)}%` }),
    ...(maxP99Ms !== undefined && { p99: `${plain(maxP99Ms)}ms` }),
  };
}
