import { expect, it } from 'vitest';
import type { Row, Scenario } from './scenario.ts';
import { closingLine, rowLine, tableOf, withResults } from './table.ts';

const scenario: Scenario = {
  name: 'burst',
  area: 'overload',
  seconds: { brief: 1, full: 2 },
  run: () => Promise.reject(new Error('not run here')),
};
const result = { load: '10 a|b', lost: 'none', figures: { p99: '1 ms' }, broken: [] };
const held: Row = { scenario, seconds: 1.25, outcome: { name: 'ran', result } };
const broken: Row = {
  scenario,
  seconds: 1,
  outcome: { name: 'ran', result: { ...result, broken: ['Crashed.', 'Twice.'] } },
};
const failed: Row = { scenario, seconds: 0, outcome: { name: 'failed', reason: 'no\nnamespace' } };
const skipped: Row = { scenario, seconds: 0, outcome: { name: 'skipped', reason: 'no\nengine' } };
const notJudged = ['The p99 beside it.', 'The gap.'];
const heldInPart: Row = { scenario, seconds: 2, outcome: { name: 'ran', result: { ...result, notJudged } } };
const brokenInPart: Row = {
  scenario,
  seconds: 2,
  outcome: { name: 'ran', result: { ...result, broken: ['Crashed.'], notJudged } },
};

it('should have a row for each scenario, with its broken promises', () => {
  expect(tableOf([held, broken, failed]).split('\n').slice(2)).toEqual([
    '| overload | burst | 10 a\\|b | none | p99: 1 ms | yes |',
    '| overload | burst | 10 a\\|b | none | p99: 1 ms | **no**: Crashed. Twice. |',
    '| overload | burst |  |  |  | **no**: could not be carried out: no namespace |',
  ]);
});

it('should have a row for a skipped scenario, with the reason', () => {
  expect(tableOf([skipped]).split('\n').slice(2)).toEqual([
    '| overload | burst |  |  |  | skipped: no engine |',
  ]);
});

it('should not show a promise that was not judged as held', () => {
  expect(tableOf([heldInPart, brokenInPart]).split('\n').slice(2)).toEqual([
    '| overload | burst | 10 a\\|b | none | p99: 1 ms | yes, but: The p99 beside it. The gap. |',
    '| overload | burst | 10 a\\|b | none | p99: 1 ms | **no**: Crashed. Not judged: The p99 beside it. Not judged: The gap. |',
  ]);
});

it('should print one line for a scenario, and its broken promises below', () => {
  expect(rowLine(held)).toBe('held   overload: burst (1.3 s): 10 a|b; none');
  expect(rowLine(broken).split('\n').slice(1)).toEqual(['       Crashed.', '       Twice.']);
  expect(rowLine(failed)).toContain('BROKEN overload: burst (0.0 s)\n       could not be carried out');
});

it('should print promises that were not judged below the line', () => {
  expect(rowLine(heldInPart).split('\n')).toEqual([
    'held   overload: burst (2.0 s): 10 a|b; none',
    '       not judged: The p99 beside it.',
    '       not judged: The gap.',
  ]);
  expect(rowLine(brokenInPart).split('\n').slice(1)).toEqual([
    '       Crashed.',
    '       not judged: The p99 beside it.',
    '       not judged: The gap.',
  ]);
});

it('should say that a scenario was skipped, and why', () => {
  expect(rowLine(skipped)).toBe('SKIPPED overload: burst: no\nengine');
});

it('should count the scenarios that held of those that ran, and the others', () => {
  expect(closingLine([held, broken, failed])).toBe('1 of 3 held');
  expect(closingLine([held, held, skipped])).toBe('2 of 2 held, 1 skipped');
  expect(closingLine([held, heldInPart, brokenInPart, skipped])).toBe(
    '2 of 3 held, 2 not judged in full, 1 skipped',
  );
});

it('should replace the old results, and nothing else', () => {
  const page = (results: string): string => `before\n<begin>${results}<end>\nafter\n`;
  const written = withResults(page('\nold\n'), '<begin>', '<end>', '| table |');
  expect(written).toBe(page('\n\n| table |\n\n'));
  expect(withResults(written, '<begin>', '<end>', '| table |')).toBe(written);
  expect(() => withResults('no marks', '<begin>', '<end>', '')).toThrow('must have <begin> and <end>');
});
