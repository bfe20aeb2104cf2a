import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareOf } from './binomial.ts';

/** The chance of `from` or more successes, term by term. */
function upperTail(from: number, trials: number, ratio: number): number {
  let logChoose = 0;
  let sum = 0;
  for (let count = 0; count <= trials; count += 1) {
    if (count >= from)
      sum += Math.exp(logChoose + count * Math.log(ratio) + (trials - count) * Math.log1p(-ratio));
    logChoose += Math.log(trials - count) - Math.log(count + 1);
  }
  return sum;
}

describe('the exact interval of a share', () => {
  it.each([
    [0, 10, 0.95, 0, 0.308_497],
    [10, 10, 0.95, 0.691_503, 1],
    [7, 10, 0.95, 0.347_547, 0.933_261],
    [1, 1, 0.95, 0.025, 1],
  ])('should be as in the tables: %d of %d at %d', (count, total, confidence, low, high) => {
    const share = shareOf(count, total, confidence);
    expect(share.low).toBeCloseTo(low, 5);
    expect(share.high).toBeCloseTo(high, 5);
  });

  it('should end where what was seen has half of the chance that is left', () => {
    const seen = fc.nat(400).chain((total) => fc.tuple(fc.nat(total), fc.constant(total + 1)));
    fc.assert(
      fc.property(seen, fc.constantFrom(0.9, 0.95, 0.999), ([count, total], confidence) => {
        const { low, high, ratio } = shareOf(count, total, confidence);
        const tail = (1 - confidence) / 2;
        expect(low).toBeLessThanOrEqual(ratio);
        expect(high).toBeGreaterThanOrEqual(ratio);
        if (count > 0) expect(upperTail(count, total, low)).toBeCloseTo(tail, 8);
        expect(1 - upperTail(count + 1, total, high)).toBeCloseTo(tail, 8);
      }),
    );
  });

  it('should be narrow for a million', () => {
    const { low, high } = shareOf(700_000, 1_000_000, 0.999);
    expect(low).toBeCloseTo(0.698_49, 4);
    expect(high).toBeCloseTo(0.701_5, 4);
  });
});
