import { expect, it } from 'vitest';
import type { TestResult } from '../test/results.ts';
import { changesOf } from './comparison.ts';
import type { TestRun } from './test-run.ts';

const run = (...results: readonly TestResult[]): TestRun => ({ results, seconds: 1, isCutShort: false });
const passed = (name: string): TestResult => ({ path: ['a.test.ts', name], state: 'passed' });
const failed = (name: string, message: string): TestResult => ({ ...passed(name), state: 'failed', message });

it('should report both results of a test whose results differ, and no other test', () => {
  const plain = run(
    passed('is fast'),
    passed('is right'),
    failed('is mended', 'no'),
    failed('is wrong', '1 ms'),
  );
  const slow = run(
    failed('is fast', 'timed out'),
    passed('is right'),
    passed('is mended'),
    failed('is wrong', '9 ms'),
  );
  expect(changesOf(plain, slow)).toEqual([
    { name: 'a.test.ts > is fast', plain: 'passed', slow: 'failed: timed out' },
    { name: 'a.test.ts > is mended', plain: 'failed: no', slow: 'passed' },
  ]);
});

it('should report a test without a result, unless the run was cut short', () => {
  const plain = run(passed('one'), passed('two'));
  const slow = run(passed('one'), failed('three', 'x'));
  const three = { name: 'a.test.ts > three', plain: 'no result', slow: 'failed: x' };
  expect(changesOf(plain, slow)).toEqual([
    { name: 'a.test.ts > two', plain: 'passed', slow: 'no result' },
    three,
  ]);
  expect(changesOf(plain, { ...slow, isCutShort: true })).toEqual([three]);
});

it('should take tests of one name together', () => {
  const plain = run(passed('row'), passed('row'));
  expect(changesOf(plain, plain)).toEqual([]);
  expect(changesOf(plain, run(passed('row'), failed('row', 'late')))).toEqual([
    { name: 'a.test.ts > row', plain: 'passed', slow: 'failed: late' },
  ]);
});
