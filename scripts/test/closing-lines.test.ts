import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { closingLines, exitCodeOf, type FinishedRun } from './closing-lines.ts';
import type { TestResult } from './results.ts';

const passed: TestResult = { path: ['a.test.ts', 'should pass'], state: 'passed' };
const skipped: TestResult = {
  path: ['b.test.ts', 'page', 'should load'],
  state: 'skipped',
  message: 'no browser',
};
const failed: TestResult = { path: ['c.test.ts', 'should fail'], state: 'failed', message: 'expected one' };

function runOf(...results: readonly TestResult[]): FinishedRun {
  return { results, files: [], wallSeconds: 65.4, cpuSeconds: 70.6, isQuick: false, maySkip: true };
}

function linesOf(run: FinishedRun): readonly string[] {
  return closingLines(run).map(stripVTControlCharacters);
}

describe('the last lines of a run', () => {
  it('should name each test that did not pass', () => {
    expect(linesOf(runOf(passed, skipped, failed)).slice(0, 2)).toEqual([
      'SKIPPED b.test.ts > page > should load: no browser',
      'FAILED c.test.ts > should fail: expected one',
    ]);
  });

  it('should print one line for a group whose tests all have one message', () => {
    const other = { ...skipped, path: ['b.test.ts', 'page', 'should scroll'] };
    const apart = { ...skipped, path: ['b.test.ts', 'text', 'should print'], message: 'no terminal' };
    expect(linesOf(runOf(skipped, other)).slice(0, 1)).toEqual(['SKIPPED b.test.ts (2 tests): no browser']);
    expect(linesOf(runOf(skipped, other, apart)).slice(0, 2)).toEqual([
      'SKIPPED b.test.ts > page (2 tests): no browser',
      'SKIPPED b.test.ts > text > should print: no terminal',
    ]);
    const beside: TestResult = { path: ['b.test.ts', 'page', 'should be small'], state: 'passed' };
    expect(linesOf(runOf(skipped, other, beside)).slice(0, 2)).toEqual([
      'SKIPPED b.test.ts > page > should load: no browser',
      'SKIPPED b.test.ts > page > should scroll: no browser',
    ]);
  });

  it('should distinguish tests of one name', () => {
    expect(
      linesOf(runOf(failed, { ...failed, message: 'expected two' }, { ...passed, path: failed.path })).slice(
        0,
        2,
      ),
    ).toEqual([
      'FAILED c.test.ts > should fail: expected one',
      'FAILED c.test.ts > should fail: expected two',
    ]);
  });

  it('should name the ten slowest files, the slowest first, and the time and CPU of the run', () => {
    const files = Array.from({ length: 12 }, (_, at) => ({ path: `${at}.test.ts`, seconds: at + 0.04 }));
    const lines = linesOf({ ...runOf(passed), files });
    expect(lines.slice(0, 3)).toEqual(['Slowest files:', '    11.0 s  11.test.ts', '    10.0 s  10.test.ts']);
    expect(lines.slice(10)).toEqual([
      '     2.0 s  2.test.ts',
      expect.stringMatching(/^65 s by the clock, 71 s of CPU: .* without a container engine\.$/),
      '1 passed, 0 failed, 0 skipped',
    ]);
    expect(linesOf({ ...runOf(passed), cpuSeconds: undefined })[1]).toContain('on Linux only');
  });

  it('should end with the counts, after the limits of the run', () => {
    const run = { ...runOf(passed, skipped, failed), isQuick: true, maySkip: false };
    expect(linesOf(run).slice(-3)).toEqual([
      'REQUIRE_DOCKER=1 allows no skip: this run has failed.',
      'This was the quick part only; `npm test` runs every test.',
      '1 passed, 1 failed, 1 skipped',
    ]);
  });
});

it('should exit with 0 when tests passed, none failed and none was skipped against the rules', () => {
  expect(exitCodeOf(runOf(passed))).toBe(0);
  expect(exitCodeOf(runOf(passed, skipped))).toBe(0);
  expect(exitCodeOf({ ...runOf(passed, skipped), maySkip: false })).toBe(1);
  expect(exitCodeOf({ ...runOf(passed), maySkip: false })).toBe(0);
  expect(exitCodeOf(runOf(passed, failed))).toBe(1);
  expect(exitCodeOf(runOf(skipped))).toBe(1);
  expect(exitCodeOf(runOf())).toBe(1);
});
