import { describe, expect, it } from 'vitest';
import type { SloStatus } from '../../src/monitor/status/types.ts';
import { goodMinute } from '../../test/page/targets.ts';
import { clockWords, sloWords } from './figure-words.ts';

describe('sloWords', () => {
  const window = { ...goodMinute, lossRatio: 0.021, p99Ms: 34 };
  const slo = (changes: Partial<SloStatus>) =>
    sloWords({ window, slo: { maxLossRatio: null, maxP99Ms: null, met: false, ...changes } });

  it('should show the limits of an SLO exactly', () => {
    expect(slo({ met: true, maxLossRatio: 0.07, maxP99Ms: 1_500 })).toBe(
      'SLO met: loss at most 7%, p99 at most 1.5 s',
    );
    expect(slo({ met: true, maxLossRatio: 0.0005 })).toBe('SLO met: loss at most 0.05%');
    expect(sloWords({ window, slo: null })).toBeNull();
  });

  it('should say where too little was measured', () => {
    expect(slo({ met: null, maxLossRatio: 0.01, maxP99Ms: 50 })).toBe('SLO unknown: not enough measured');
  });

  it('should say which promise is broken and by how much', () => {
    expect(slo({ maxLossRatio: 0.01, maxP99Ms: 50 })).toBe('SLO violated: loss 2.1%, promised at most 1%');
    expect(slo({ maxLossRatio: 0.05, maxP99Ms: 20 })).toBe(
      'SLO violated: p99 34.0 ms, promised at most 20 ms',
    );
    expect(slo({ maxLossRatio: 0.01, maxP99Ms: 20 })).toBe(
      'SLO violated: loss 2.1%, promised at most 1%; p99 34.0 ms, promised at most 20 ms',
    );
  });
});

describe('clockWords', () => {
  it.each([
    [3.204, '+3.20 ms ± 0.210 ms'],
    [-1_500, '−1.50 s ± 0.210 ms'],
    [0, '+0.000 ms ± 0.210 ms'],
  ])('should say an offset of %s ms as %s', (offsetMs, words) => {
    expect(clockWords({ offsetMs, errorMs: 0.21 })).toBe(words);
  });
});
