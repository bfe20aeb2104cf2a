import { variableOf } from '@echo-daytime/worker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileText } from '../../../../tests/harness/hostile-text.ts';
import { ConfigError } from '../errors.ts';
import { commonKeys, tcpKeys, udpKeys } from './common-keys.ts';
import { flagOf, readConfig } from './config.ts';
import { quoted } from './shown-text.ts';

const keys = { ...commonKeys({ adminPort: '9007' }), ...tcpKeys(), ...udpKeys() };
const names = Object.keys(keys) as (keyof typeof keys)[];
type Environment = Readonly<Record<string, string | undefined>>;

function problemsOf(env: Environment, args: readonly string[]): readonly string[] {
  try {
    const config = readConfig(keys, { env, args });
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.keys(config).sort()).toEqual([...names].sort());
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const problem of error.problems) expect(error.message).toContain(problem);
    return error.problems;
  }
}

/** A value that no key accepts. */
const BAD = '\u0001';
const setBy = fc.constantFrom('environment', 'flag', 'flag with =');

describe('several bad keys', () => {
  it('should all be reported, once each, with the variable or flag that set them', () => {
    const mistakes = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), setBy), {
      selector: ([name]) => name,
    });
    fc.assert(
      fc.property(mistakes, (bad) => {
        const env: Record<string, string> = {};
        const args: string[] = [];
        const expected = bad.map(([name, where]) => {
          if (where === 'environment') {
            env[variableOf(name)] = BAD;
            return `${variableOf(name)}=${quoted(BAD)} must `;
          }
          args.push(...(where === 'flag' ? [`--${flagOf(name)}`, BAD] : [`--${flagOf(name)}=${BAD}`]));
          return `--${flagOf(name)} ${quoted(BAD)} must `;
        });
        const problems = problemsOf(env, args);
        expect(problems).toHaveLength(bad.length);
        for (const start of expected) {
          expect(problems.filter((problem) => problem.startsWith(start))).toHaveLength(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('should be reported before problems between keys, which are checked once every key is valid', () => {
    const check = (): string[] => ['PORT and HOST do not go together'];
    expect(() => readConfig(keys, { env: {}, args: [] }, check)).toThrow('PORT and HOST do not go together');
    const both = (): unknown => readConfig(keys, { env: { BACKLOG: BAD }, args: [] }, check);
    expect(both).toThrow(/1 problem .*BACKLOG/s);
  });
});

const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'];

describe('flags', () => {
  it('should give a configuration or a ConfigError for any list of arguments', () => {
    const known = fc.constantFrom(...names.map((name) => `--${flagOf(name)}`));
    const argument = fc.oneof(
      known,
      fc.tuple(known, hostileText).map(([flag, text]) => `${flag}=${text}`),
      fc.constantFrom('', '-', '--', '---', '=', '--=', '-p', '--no-udp', ...names, ...names.map(variableOf)),
      fc.constantFrom(...PROTOTYPE_NAMES).map((name) => `--${name}`),
      hostileText,
    );
    fc.assert(
      fc.property(fc.array(argument, { maxLength: 12 }), (args) => {
        // Each argument is either used or reported, and causes at most one problem.
        expect(problemsOf({}, args).length).toBeLessThanOrEqual(args.length);
      }),
      { numRuns: 1_000 },
    );
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it.each(PROTOTYPE_NAMES)('should not know the flag --%s', (name) => {
    const problem = `--${name} is not a flag of this program`;
    expect(problemsOf({}, [`--${name}`])).toEqual([problem]);
    expect(problemsOf({}, [`--${name}`, '1'])).toEqual([problem]);
    expect(problemsOf({}, [`--${name}={"polluted":1}`])).toEqual([problem]);
    expect(problemsOf({ [name]: '1', [name.toUpperCase()]: '1' }, [])).toEqual([]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it('should read any text as the variable of the same key does', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), hostileText, (name, text) => {
        const variable = variableOf(name);
        const byFlag = problemsOf({ [variable]: BAD }, [`--${flagOf(name)}=${text}`]);
        const byVariable = problemsOf({ [variable]: text }, []);
        const unnamed = (problem: string): string => problem.slice(problem.indexOf(' must '));
        expect(byFlag.map(unnamed)).toEqual(byVariable.map(unnamed));
      }),
      { numRuns: 500 },
    );
  });
});
