import { describe, expect, it } from 'vitest';
import { Random } from '../../harness/random.ts';
import { lowerEnvelope, type Reading, trendOf } from './trend.ts';

const MINUTE = 60;
const every = (step: number, count: number, value: (seconds: number) => number): Reading[] =>
  Array.from({ length: count }, (_, index) => ({ seconds: index * step, value: value(index * step) }));

describe('trend', () => {
  it('should be the slope of a line, per hour', () => {
    const trend = trendOf(every(MINUTE, 20, (seconds) => 7 + seconds / 1_800))!;
    for (const slope of [trend.perHour, trend.low, trend.high]) expect(slope).toBeCloseTo(2);
  });

  it('should ignore a quarter of outliers', () => {
    const trend = trendOf(every(MINUTE, 24, (seconds) => (seconds % 240 === 0 ? 1_000 + seconds : 5)))!;
    expect(trend.perHour).toBe(0);
  });

  it('should have the true slope within its bounds in noise, and 0 where nothing rises', () => {
    const random = new Random(1);
    const noise = (): number => random.below(1_000) / 500 - 1;
    const rising = trendOf(every(MINUTE, 24, (seconds) => (10 * seconds) / 3_600 + noise()))!;
    expect(rising.low).toBeGreaterThan(5);
    expect(rising.low).toBeLessThan(10);
    expect(rising.high).toBeGreaterThan(10);
    const flat = trendOf(every(MINUTE, 24, noise))!;
    expect(flat.low).toBeLessThan(0);
    expect(flat.high).toBeGreaterThan(0);
  });

  it('should be undefined for too few readings', () => {
    expect(trendOf(every(MINUTE, 5, () => 1))).toBeUndefined();
  });
});

describe('lower envelope', () => {
  it('should be the minimum of each complete window', () => {
    // A sawtooth of 45 s on a base that rises by 1 a minute; the window after 180 s has one reading.
    const readings = every(15, 13, (seconds) => Math.floor(seconds / 60) + ((seconds % 45) / 15) * 10);
    expect(lowerEnvelope(readings, MINUTE)).toEqual([
      { seconds: 0, value: 0 },
      { seconds: 90, value: 1 },
      { seconds: 135, value: 2 },
    ]);
  });

  it('should be empty without readings', () => {
    expect(lowerEnvelope([], MINUTE)).toEqual([]);
  });
});
