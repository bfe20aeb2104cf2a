import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SourceCounts, SourceRates } from './source-limits.ts';

const addresses = ['192.0.2.1', '192.0.2.2', '2001:db8::1'];

describe('SourceCounts', () => {
  it('should hold each source to its limit for any order of acquires and releases', () => {
    const step = fc.record({ address: fc.constantFrom(...addresses), release: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step), (limit, steps) => {
        const counts = new SourceCounts(limit);
        const open = new Map<string, number>();
        for (const { address, release } of steps) {
          const count = open.get(address) ?? 0;
          if (!release) {
            expect(counts.acquire(address)).toBe(count < limit);
            open.set(address, Math.min(limit, count + 1));
          } else if (count > 0) {
            counts.release(address);
            open.set(address, count - 1);
          }
        }
      }),
    );
  });
});

describe('SourceRates', () => {
  const limits = { ratePerSource: 10, maxSources: 100 };

  function admit(rates: SourceRates<string>, address: string, now: number): boolean {
    return rates.take(rates.known(address) ?? rates.remember(address, now), now);
  }

  function admitted(rates: SourceRates<string>, address: string, now: number, attempts: number): number {
    return Array.from({ length: attempts }, () => admit(rates, address, now)).filter(Boolean).length;
  }

  it('should let a new source burst twice its rate, then its rate', () => {
    const rates = new SourceRates<string>(limits);
    expect(admitted(rates, 'a', 0, 100)).toBe(20);
    expect(admitted(rates, 'a', 99, 100)).toBe(0);
    expect(admitted(rates, 'a', 1_000, 100)).toBe(10);
    expect(admitted(rates, 'a', 1_000_000, 100)).toBe(20);
  });

  it('should limit each source independently', () => {
    const rates = new SourceRates<string>(limits);
    expect(admitted(rates, 'a', 0, 100)).toBe(20);
    expect(admitted(rates, 'b', 0, 100)).toBe(20);
  });

  it('should never admit more than the burst plus rate times time', () => {
    const waits = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), waits, (ratePerSource, pauses) => {
        const rates = new SourceRates<string>({ ratePerSource, maxSources: 1 });
        let now = 0;
        let count = 0;
        for (const pause of pauses) {
          now += pause;
          if (admit(rates, 'a', now)) count += 1;
        }
        expect(count).toBeLessThanOrEqual(ratePerSource * (2 + now / 1_000) + 1e-6);
      }),
    );
  });

  it('should admit everything without a rate, and remember at most maxSources', () => {
    const rates = new SourceRates<string>({ ratePerSource: 0, maxSources: 1 });
    expect(admitted(rates, 'a', 0, 10_000)).toBe(10_000);
    expect(admitted(rates, 'b', 0, 10_000)).toBe(10_000);
    expect(rates.size).toBe(1);
  });

  it('should forget the source seen first when there are too many', () => {
    const rates = new SourceRates<string>({ ratePerSource: 1, maxSources: 2 });
    expect(admitted(rates, 'a', 0, 3)).toBe(2);
    expect(admitted(rates, 'b', 0, 3)).toBe(2);
    expect(admitted(rates, 'c', 0, 3)).toBe(2);
    expect(rates.size).toBe(2);
    expect(admitted(rates, 'b', 0, 1)).toBe(0);
    expect(admitted(rates, 'a', 0, 3)).toBe(2);
    expect(rates.size).toBe(2);
  });

  it('should hold a rate below one datagram a second and worker to the second', () => {
    const rates = new SourceRates<string>({ ratePerSource: 0.5, maxSources: 1 });
    expect([admit(rates, 'a', 0), admit(rates, 'a', 1_000), admit(rates, 'a', 2_000)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});
