import { expect, it } from 'vitest';
import type { Scenario } from './scenario.ts';
import { type Row, rowLine, tableOf } from './table.ts';

const scenario: Scenario = {
  name: 'storm',
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

it('should be a row a scenario, with what was broken', () => {
  expect(tableOf([held, broken, failed]).split('\n').slice(2)).toEqual([
    '| overload | storm | 10 a\\|b | none | p99: 1 ms | yes |',
    '| overload | storm | 10 a\\|b | none | p99: 1 ms | **no**: Crashed. Twice. |',
    '| overload | storm |  |  |  | **no**: could not be carried out: no namespace |',
  ]);
});

it('should say in a line what held, and below it what did not', () => {
  expect(rowLine(held)).toBe('held   overload: storm (1.3 s): 10 a|b; none');
  expect(rowLine(broken).split('\n').slice(1)).toEqual(['       Crashed.', '       Twice.']);
  expect(rowLine(failed)).toContain('BROKEN overload: storm (0.0 s)\n       could not be carried out');
});
