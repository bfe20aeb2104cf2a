import { describe, expect, it } from 'vitest';
import { sloReaders, sloStatus } from './slo.ts';

function isKept(limit: string, lost: number, judged: number, samples = judged): boolean | null {
  const slo = sloReaders.loss!(limit);
  const lossRatio = judged === 0 ? 0 : lost / judged;
  return sloStatus(slo, { samples, judged, timed: 0, lossRatio, p99Ms: 1 }).met;
}

describe('an SLO for loss', () => {
  it.each([
    ['0.7%', 7, 1_000],
    ['1.4%', 7, 500],
    ['0.57%', 57, 10_000],
    ['100%', 3, 3],
  ])('should be met at exactly %s, and not with one more loss', (limit, lost, judged) => {
    expect(isKept(limit, lost, judged)).toBe(true);
    expect(isKept(limit, lost + 1, judged)).toBe(false);
  });

  it.each([
    [0, 0, 0],
    [0, 0, 40],
    [0, 6, 40],
    [6, 6, 40],
    [19, 19, 40],
  ])('should be undecided with %d lost of %d measured of %d samples', (...counts) => {
    expect(isKept('5%', ...counts)).toBeNull();
  });

  it('should be judged from half of the samples on', () => {
    expect(isKept('5%', 1, 20, 40)).toBe(true);
    expect(isKept('5%', 2, 20, 40)).toBe(false);
  });

  it.each(['', '1', '-1%', '101%', '1 %', '.5%'])('should not be read from %j', (text) => {
    expect(() => sloReaders.loss!(text)).toThrow('must be a percentage from 0% to 100%, such as 0.5%');
  });
});

describe('an SLO for p99', () => {
  it('should be undecided with a stall of the probe in more than half of the samples', () => {
    const slo = sloReaders.p99!('20ms');
    const figures = { samples: 40, judged: 40, lossRatio: 0 };
    expect(sloStatus(slo, { ...figures, timed: 0, p99Ms: null }).met).toBeNull();
    expect(sloStatus(slo, { ...figures, timed: 19, p99Ms: 30 }).met).toBeNull();
    expect(sloStatus(slo, { ...figures, timed: 20, p99Ms: 30 }).met).toBe(false);
  });
});
