import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeErrorEstimate, encodeErrorEstimate } from './error-estimate.ts';

const format = fc.constantFrom('ntp' as const, 'ptp' as const);

describe('error estimates', () => {
  it('should never be below the error, nor above it by more than a part in 128 or the unit', () => {
    const seconds = fc.double({ min: 0, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(fc.boolean(), format, seconds, (isSynchronized, format, error) => {
        const found = decodeErrorEstimate(encodeErrorEstimate({ isSynchronized, format, seconds: error }));
        expect(found).toEqual({ isSynchronized, format, seconds: found.seconds });
        expect(found.seconds).toBeGreaterThanOrEqual(error);
        expect(found.seconds).toBeLessThanOrEqual(error + Math.max(error / 127, 2 ** -32));
      }),
      { examples: [1, 1.5, 126.5, 255.5, 256.5].map((units) => [true, 'ntp', units * 2 ** -32]) },
    );
  });

  it.each([Number.POSITIVE_INFINITY, Number.NaN])('should be the greatest for an error of %d', (seconds) => {
    expect(encodeErrorEstimate({ isSynchronized: false, format: 'ntp', seconds })).toBe(0x3fff);
  });

  it('should have no multiplier of 0', () => {
    expect(encodeErrorEstimate({ isSynchronized: true, format: 'ntp', seconds: 0 })).toBe(0x8001);
  });
});
