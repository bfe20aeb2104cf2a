import { describe, expect, it } from 'vitest';
import { describeGoal, describeResult, type Goal, judge, type Results } from './goals.ts';

const only = (median: number) => ({ median, min: median, max: median });
const results: Results = new Map([
  ['ours', { throughput: only(110), memory: only(9_216), cpu: only(8) }],
  ['go', { throughput: only(100), cpu: only(10) }],
  ['idle', { throughput: only(0) }],
]);

const outcome = (goal: Goal): string => describeResult(goal, judge(goal, results));

describe('a goal', () => {
  it.each<[Goal, string, string]>([
    [{ figure: 'throughput', atLeast: 1.1, of: 'go' }, 'requests/s ≥ 1.1 × go', 'held (1.10 × go)'],
    [{ figure: 'throughput', atLeast: 2.2, of: 'go' }, 'requests/s ≥ 2.2 × go', 'missed by 50 % (1.10 × go)'],
    [{ figure: 'cpu', atMost: 0.85, of: 'go' }, 'server CPU/request ≤ 0.85 × go', 'held (0.80 × go)'],
    [{ figure: 'cpu', atMost: 0.5, of: 'go' }, 'server CPU/request ≤ 0.5 × go', 'missed by 60 % (0.80 × go)'],
    [{ figure: 'memory', atMost: 8_192 }, 'memory/connection ≤ 8.0 KB', 'missed by 13 % (9.0 KB)'],
    [{ figure: 'memory', atMost: 10_240 }, 'memory/connection ≤ 10.0 KB', 'held (9.0 KB)'],
    [
      { figure: 'throughput', atLeast: 0.9, of: 'ours', by: 'go' },
      'requests/s of go ≥ 0.9 × ours',
      'held (0.91 × ours)',
    ],
  ])('should be judged by the median: %o', (goal, description, result) => {
    expect(describeGoal(goal)).toBe(description);
    expect(outcome(goal)).toBe(result);
  });

  it('should be compared with `orOf` where `of` was not measured, and say so', () => {
    const goal: Goal = { figure: 'throughput', atLeast: 1, of: 'absent', orOf: 'go' };
    expect(outcome(goal)).toBe('held (1.10 × go)');
    expect(outcome({ ...goal, of: 'idle' })).toBe('not judged: nothing was measured of idle');
  });

  it('should count as not judged, not as held, where a figure is missing', () => {
    expect(outcome({ figure: 'throughput', atLeast: 1, of: 'absent' })).toBe(
      'not judged: nothing was measured of absent',
    );
    expect(outcome({ figure: 'p99', atMost: 1.1, of: 'go' })).toBe(
      'not judged: nothing was measured of ours',
    );
    expect(outcome({ figure: 'memory', atMost: 2, of: 'go' })).toBe('not judged: nothing was measured of go');
  });
});
