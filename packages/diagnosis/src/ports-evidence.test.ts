import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Losses } from './loss-evidence.ts';
import { portLikelihoods } from './ports-evidence.ts';

const SAMPLES = 25;
const PORTS = 64;

/** What each port lost: every fourth has the bad path. */
function swept(bad: number, good: number): Losses[] {
  return Array.from({ length: PORTS }, (_, port) => ({
    // Spread evenly, so that nothing depends on chance.
    lost:
      Math.floor((port + 1) * SAMPLES * (port % 4 === 0 ? bad : good)) -
      Math.floor(port * SAMPLES * (port % 4 === 0 ? bad : good)),
    of: SAMPLES,
  }));
}

it.each([
  ['alike', 0, 0],
  ['alike', 0.05, 0.05],
  ['alike', 0.5, 0.5],
  ['alike', 1, 1],
  ['someDead', 1, 0],
  ['someLossy', 0.05, 0],
  ['someLossy', 0.5, 0],
] as const)('should be %s where a fourth of the ports lose %d and the others %d', (most, bad, good) => {
  const likelihoods = portLikelihoods(swept(bad, good));
  expect(likelihoods[most]).toBe(1);
  const others = Object.entries(likelihoods).filter(([name]) => name !== most);
  for (const [, likelihood] of others) expect(likelihood).toBeLessThan(0.25);
});

it('should say nothing without samples', () => {
  const { alike, someDead, someLossy } = portLikelihoods([]);
  for (const likelihood of [alike, someDead, someLossy]) expect(likelihood).toBeCloseTo(1, 9);
});

it('should have one that is 1, and none above it, whatever was lost', () => {
  const losses = fc
    .integer({ min: 0, max: 64 })
    .chain((of) => fc.record({ lost: fc.nat(of), of: fc.constant(of) }));
  fc.assert(
    fc.property(fc.array(losses, { maxLength: 80 }), (ports) => {
      const all = Object.values(portLikelihoods(ports));
      expect(Math.max(...all)).toBe(1);
      expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
    }),
  );
});
