import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contrastLikelihoods, lossLikelihoods } from './loss-evidence.ts';

const losses = fc
  .integer({ min: 1, max: 400 })
  .chain((of) => fc.record({ lost: fc.nat(of), of: fc.constant(of) }));

describe('losses', () => {
  it.each([
    [0, 20, 'nothing'],
    [1, 300, 'nothing'],
    [2, 20, 'part'],
    [10, 20, 'part'],
    [18, 20, 'part'],
    [20, 20, 'all'],
    [100, 100, 'all'],
  ] as const)('of %d in %d should speak most for %s', (lost, of, most) => {
    const likelihoods = lossLikelihoods({ lost, of });
    expect(Math.max(...Object.values(likelihoods))).toBe(likelihoods[most]);
  });

  it('should speak the louder the more samples there are', () => {
    const ratio = (of: number): number => {
      const { nothing, part } = lossLikelihoods({ lost: 0, of });
      return nothing / part;
    };
    expect(ratio(40)).toBeGreaterThan(ratio(20));
  });

  it('should always speak for something', () => {
    fc.assert(
      fc.property(losses, losses, (one, other) => {
        expect(Math.max(...Object.values(lossLikelihoods(one)))).toBeGreaterThan(0);
        expect(Math.max(...Object.values(contrastLikelihoods(one, other)))).toBeGreaterThan(0);
      }),
    );
  });
});

describe('a contrast', () => {
  it.each([
    [0, 0, 'alike'],
    [0, 1, 'alike'],
    [6, 7, 'alike'],
    [20, 20, 'alike'],
    [8, 0, 'firstWorse'],
    [0, 20, 'secondWorse'],
  ] as const)('of %d and %d losses in 20 should speak most for %s', (first, second, most) => {
    const likelihoods = contrastLikelihoods({ lost: first, of: 20 }, { lost: second, of: 20 });
    expect(Math.max(...Object.values(likelihoods))).toBe(likelihoods[most]);
  });

  it('should not take a part for all, where all is asked for', () => {
    const [half, nothing, all] = [10, 0, 20].map((lost) => ({ lost, of: 20 }));
    const limits = { worseFrom: 0.9, betterUpTo: 0.6 };
    const part = contrastLikelihoods(half!, nothing!, limits);
    expect(part.firstWorse).toBeLessThan(part.alike);
    const dead = contrastLikelihoods(all!, nothing!, limits);
    expect(dead.firstWorse).toBeGreaterThan(dead.alike * 1_000);
  });

  it('should be the same seen from the other side', () => {
    fc.assert(
      fc.property(losses, losses, (one, other) => {
        const [there, back] = [contrastLikelihoods(one, other), contrastLikelihoods(other, one)];
        expect(there.firstWorse).toBeCloseTo(back.secondWorse, 12);
      }),
    );
  });
});
