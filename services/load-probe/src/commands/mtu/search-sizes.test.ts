import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttemptFailedError, type SearchRange, searchSizes } from './search-sizes.ts';
import type { SizeResult } from './try-size.ts';

const range: SearchRange = { minBytes: 24, maxBytes: 65_535, ipBytes: 65_507, packetBytes: 1_472 };

/** A path that returns sizes for which `passes` is true, and the sizes that were tried. */
function path(passes: (bytes: number) => boolean) {
  const tried: number[] = [];
  const attempt = async (bytes: number): Promise<SizeResult> => {
    tried.push(bytes);
    return { bytes, outcome: passes(bytes) ? 'returned' : 'lost', tries: 1 };
  };
  return { tried, attempt };
}

describe('the search for the largest size', () => {
  it('should find any limit, however much one packet holds', async () => {
    const limits = fc.integer({ min: 24, max: 65_507 });
    await fc.assert(
      fc.asyncProperty(limits, fc.integer({ min: 1, max: 70_000 }), async (limit, packetBytes) => {
        const { attempt, tried } = path((bytes) => bytes <= limit);
        const found = await searchSizes({ ...range, packetBytes }, attempt);
        expect(found).toEqual({ largestBytes: limit });
        expect(tried.length).toBeLessThan(24);
        expect(new Set(tried).size).toBe(tried.length);
      }),
    );
  });

  it('should find a hole between whole packets that the path carries and fragments', async () => {
    const holes = fc.record({
      whole: fc.integer({ min: 24, max: 1_471 }),
      largest: fc.integer({ min: 1_473, max: 65_507 }),
    });
    await fc.assert(
      fc.asyncProperty(holes, async ({ largest, whole }) => {
        const { attempt } = path((bytes) => bytes <= whole || (bytes > 1_472 && bytes <= largest));
        expect(await searchSizes(range, attempt)).toEqual({
          largestBytes: largest,
          hole: { from: whole + 1, to: 1_472 },
        });
      }),
    );
  });

  it('should need few tries for the limits of most paths', async () => {
    const everything = path((bytes) => bytes <= 65_507);
    await searchSizes(range, everything.attempt);
    expect(everything.tried.slice(0, 2)).toEqual([65_535, 65_507]);
    expect(everything.tried.length).toBeLessThan(10);
    const noFragments = path((bytes) => bytes <= 1_472);
    expect(await searchSizes(range, noFragments.attempt)).toEqual({ largestBytes: 1_472 });
    expect(noFragments.tried).toEqual([65_535, 65_507, 1_472, 1_473]);
  });

  it('should not try more than the largest size asked for', async () => {
    const { attempt, tried } = path(() => true);
    expect(await searchSizes({ ...range, maxBytes: 1_000 }, attempt)).toEqual({ largestBytes: 1_000 });
    expect(tried).toEqual([1_000]);
    const atLeast = path(() => true);
    await searchSizes({ ...range, maxBytes: 24 }, atLeast.attempt);
    expect(atLeast.tried).toEqual([24]);
  });

  it('should give up when the target is gone', async () => {
    const gone: SizeResult = { bytes: 65_535, outcome: 'refused', tries: 1 };
    await expect(searchSizes(range, async () => gone)).rejects.toThrow(AttemptFailedError);
  });
});
