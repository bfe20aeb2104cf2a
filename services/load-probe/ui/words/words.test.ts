import { describe, expect, it } from 'vitest';
import { ago, axisLatency, clockTime, duration, setting } from './words.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

it('should keep axis labels short', () => {
  expect([0, 0.25, 20, 1_000, 2_500].map(axisLatency)).toEqual(['0', '0.25 ms', '20 ms', '1 s', '2.5 s']);
});

describe('durations and times', () => {
  it.each([
    [-SECOND, '0 s'],
    [59.9 * SECOND, '59 s'],
    [MINUTE, '1 min'],
    [2 * HOUR, '2 h'],
    [2 * HOUR + 5 * MINUTE, '2 h 5 min'],
    [25 * HOUR, '1 d 1 h'],
  ])('should say a duration of %s ms as %s', (ms, words) => {
    expect(duration(ms)).toBe(words);
  });

  it('should say settings exactly', () => {
    expect([250, 1_500, 2_000, 90_000, 120_000, 21_600_000].map(setting)).toEqual([
      '250 ms',
      '1.5 s',
      '2 s',
      '90 s',
      '2 min',
      '6 h',
    ]);
  });

  it('should say how long ago, also for times that are in the future', () => {
    expect(ago(10_000, 9_000)).toBe('just now');
    expect(ago(10_000, 11_500)).toBe('just now');
    expect(ago(10_000, 15_500)).toBe('5 s ago');
  });

  it('should give the date only when it is not today', () => {
    const now = new Date(2026, 10, 20, 14, 3, 12).getTime();
    expect(clockTime(now, now)).toBe('14:03:12');
    expect(clockTime(new Date(2026, 10, 19, 4, 5, 6).getTime(), now)).toBe('19 Nov 04:05:06');
  });
});
