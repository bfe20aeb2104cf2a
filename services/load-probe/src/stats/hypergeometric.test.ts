import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lnChanceOfAtLeast, lnChoose } from './hypergeometric.ts';

describe('the hypergeometric chance', () => {
  it('should be as in the tables', () => {
    // Of 8 cups 4 are right, and a lady finds all of them by chance.
    expect(Math.exp(lnChanceOfAtLeast(4, 4, 4, 8))).toBeCloseTo(1 / 70, 10);
    expect(Math.exp(lnChanceOfAtLeast(3, 4, 4, 8))).toBeCloseTo(17 / 70, 10);
    expect(lnChanceOfAtLeast(2, 4, 4, 8)).toBe(0);
  });

  it('should be the sum of its terms', () => {
    const urns = fc
      .tuple(fc.integer({ min: 2, max: 300 }), fc.nat(300), fc.nat(300), fc.nat(300))
      .map(([total, a, b, c]) => ({ total, drawn: a % total, marked: b % total, more: c }));
    fc.assert(
      fc.property(urns, ({ drawn, marked, more, total }) => {
        const hits = Math.min(drawn, marked, Math.floor((drawn * marked) / total) + 1 + (more % 20));
        fc.pre(hits > (drawn * marked) / total);
        let sum = 0;
        for (let count = hits; count <= Math.min(drawn, marked); count += 1) {
          if (drawn - count > total - marked) continue;
          sum += Math.exp(
            lnChoose(marked, count) + lnChoose(total - marked, drawn - count) - lnChoose(total, drawn),
          );
        }
        expect(Math.exp(lnChanceOfAtLeast(hits, drawn, marked, total))).toBeCloseTo(sum, 9);
      }),
    );
  });
});
