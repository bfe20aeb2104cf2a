import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limitsFor, stepsBetween } from './chart-scale.ts';

describe('limitsFor', () => {
  it.each([
    [0.4, 1.9, 0.3, 3],
    [1, 10, 1, 10],
    [0.4, 0.5, 0.3, 3],
    [0.05, 1_000, 0.03, 1_000],
    [3, 3.1, 3, 30],
    [0, 0, 0.001, 0.01],
  ])('should show %s to %s ms from %s to %s', (least, most, bottom, top) => {
    expect(limitsFor(least, most)).toEqual([bottom, top]);
  });

  it('should hold every value, and never less than a decade', () => {
    const ms = fc.double({ min: 0.001, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(ms, ms, (one, other) => {
        const [least, most] = [Math.min(one, other), Math.max(one, other)];
        const [bottom, top] = limitsFor(least, most);
        expect(bottom).toBeLessThanOrEqual(least);
        expect(top).toBeGreaterThanOrEqual(most);
        expect(top / bottom).toBeGreaterThan(9.999);
      }),
    );
  });
});

describe('stepsBetween', () => {
  it('should label every step while there is room, else decades', () => {
    expect(stepsBetween(0.3, 3, 4)).toEqual([0.3, 1, 3]);
    expect(stepsBetween(0.03, 1_000, 5)).toEqual([0.1, 1, 10, 100, 1_000]);
    expect(stepsBetween(0.03, 1_000, 3)).toEqual([0.1, 10, 1_000]);
  });
});
