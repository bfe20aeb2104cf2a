import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomes } from '../sampling/outcome.ts';
import { capacityFor, History } from './history.ts';

describe('History', () => {
  it('should keep the samples in the order of their due times', () => {
    const sample = fc.record({
      at: fc.integer({ min: 0, max: 1_000_000 }),
      outcome: fc.constantFrom(...outcomes),
      rttMs: fc.option(fc.integer({ min: 0, max: 10_000 })),
    });
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), (samples) => {
        const history = new History(50);
        for (const one of samples) history.add(one);
        const expected = samples
          .map(({ at, outcome, rttMs }) => ({ at, outcome, rttMs }))
          .sort((one, other) => one.at - other.at);
        expect(history.points()).toEqual(expected);
      }),
    );
  });

  it('should forget the oldest when full', () => {
    const history = new History(3);
    for (const at of [1, 2, 5, 4, 6]) history.add({ at, outcome: 'ok', rttMs: at });
    expect(history.points().map(({ at }) => at)).toEqual([4, 5, 6]);
  });

  it('should drop later samples, and not bring back samples that it had dropped before', () => {
    // So few are given up one by one.
    const KEPT = 7;
    const later = fc.record({
      ats: fc.array(fc.integer({ min: 0, max: 999 })),
      limit: fc.integer({ max: 999 }),
    });
    fc.assert(
      fc.property(fc.array(later, { maxLength: 5 }), (rounds) => {
        const history = new History(KEPT);
        let expected: number[] = [];
        for (const { ats, limit } of rounds) {
          for (const at of ats) {
            history.add({ at, outcome: 'ok', rttMs: at });
            expected = [...expected.slice(expected.length < KEPT ? 0 : 1), at].sort(
              (one, other) => one - other,
            );
          }
          history.dropAfter(limit);
          expected = expected.filter((at) => at <= limit);
          expect(history.points().map(({ at }) => at)).toEqual(expected);
        }
      }),
    );
  });

  it('should give the newest samples since a time', () => {
    const history = new History(10);
    for (const at of [1, 2, 3, 4, 5]) history.add({ at, outcome: 'ok', rttMs: null });
    expect(history.points(3).map(({ at }) => at)).toEqual([3, 4, 5]);
    expect(history.points(0, 2).map(({ at }) => at)).toEqual([4, 5]);
  });

  it('should divide a time into equal buckets', () => {
    const history = new History(100);
    for (let at = 1_010; at < 2_000; at += 10) {
      history.add({ at, outcome: at === 1_990 ? 'late' : 'ok', rttMs: at / 10 });
    }
    history.add({ at: 2_500, outcome: 'lost', rttMs: null });
    expect(history.buckets(1_000, 1_000, 3)).toEqual([
      {
        from: 1_000,
        samples: 99,
        outcomes: { ok: 98, late: 1 },
        p50Ms: 150,
        p90Ms: 190,
        p99Ms: 199,
        maxMs: 199,
      },
      { from: 2_000, samples: 1, outcomes: { lost: 1 }, p50Ms: null, p90Ms: null, p99Ms: null, maxMs: null },
      { from: 3_000, samples: 0, outcomes: {}, p50Ms: null, p90Ms: null, p99Ms: null, maxMs: null },
    ]);
  });

  it('should put each sample into exactly one bucket, in whatever order samples came', () => {
    const samples = fc.array(fc.integer({ min: 0, max: 999 }), { maxLength: 60 });
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 40 }), (ats, count) => {
        const history = new History(50);
        for (const at of ats) history.add({ at, outcome: 'ok', rttMs: at });
        const kept = history.points();
        const widthMs = 1_000 / count;
        const buckets = history.buckets(0, widthMs, count);
        expect(buckets).toHaveLength(count);
        for (const [index, { samples: held, maxMs }] of buckets.entries()) {
          const own = kept.filter(({ at }) => at >= index * widthMs && at < (index + 1) * widthMs);
          expect(held).toBe(own.length);
          expect(maxMs).toBe(own.length === 0 ? null : Math.max(...own.map(({ at }) => at)));
        }
      }),
      // The end of one bucket and the beginning of the next, 27 × 1000 / 36, are the same number.
      { examples: [[[750], 36]] },
    );
  });

  it('should keep the last ten minutes singly, within bounds', () => {
    expect(capacityFor(1_000)).toBe(800);
    expect(capacityFor(60_000)).toBe(600);
    expect(capacityFor(1)).toBe(43_200);
  });
});

describe('six hours of History', () => {
  const HOURS_MS = 6 * 3_600_000;
  const BEGIN = 1_800_000_000_000;
  const END = BEGIN + HOURS_MS;
  const history = new History(capacityFor(1_000));
  /** The same samples, all of them singly. */
  const exact = new History(HOURS_MS / 1_000);
  for (let at = BEGIN; at < END; at += 1_000) {
    const n = at / 1_000;
    const isLost = n % 97 === 0;
    const rttMs = isLost ? null : 1 + ((n * 7_919) % 997) / 331 + (n % 89 === 0 ? 40 : 0);
    for (const one of [history, exact]) one.add({ at, outcome: isLost ? 'lost' : 'ok', rttMs });
  }

  it.each([
    ['10 minutes', 600_000, 120],
    ['an hour', 3_600_000, 120],
    ['six hours', HOURS_MS, 120],
  ])('should be as exact as single samples in the buckets of the page for %s', (_, spanMs, count) => {
    const query = [END - spanMs, spanMs / count, count] as const;
    expect(history.buckets(...query)).toEqual(exact.buckets(...query));
    expect(history.points(END - 600_000)).toEqual(exact.points(END - 600_000));
  });

  it('should count all samples, and estimate percentiles, where buckets have other lengths', () => {
    const query = [BEGIN, 360_000, 60] as const;
    const expected = exact.buckets(...query);
    for (const [index, bucket] of history.buckets(...query).entries()) {
      const { maxMs, outcomes: counts, p50Ms, p90Ms, p99Ms, samples } = expected[index]!;
      expect(bucket).toMatchObject({ maxMs, outcomes: counts, samples });
      expect(bucket.p50Ms! / p50Ms!).toBeCloseTo(1, 1);
      expect(bucket.p90Ms! / p90Ms!).toBeCloseTo(1, 1);
      expect(bucket.p99Ms).toBeGreaterThan(p90Ms!);
      expect(p99Ms).toBeGreaterThan(p90Ms!);
    }
    const narrow = history.buckets(BEGIN, 10_800, 2_000);
    expect(narrow.reduce((sum, { samples }) => sum + samples, 0)).toBe(HOURS_MS / 1_000);
  });

  it('should add a late sample to what is summed up', () => {
    const old = new History(40);
    for (let at = 0; at < 200_000; at += 1_000) old.add({ at, outcome: 'ok', rttMs: 1 });
    old.add({ at: 500, outcome: 'late', rttMs: 90 });
    for (let at = 200_000; at < 300_000; at += 1_000) old.add({ at, outcome: 'ok', rttMs: 1 });
    expect(old.buckets(0, 180_000, 1)).toEqual([
      {
        from: 0,
        samples: 181,
        outcomes: { ok: 180, late: 1 },
        p50Ms: 1,
        p90Ms: 1,
        p99Ms: 1,
        maxMs: 90,
      },
    ]);
  });

  it('should forget what is older, and what begins later than the clock', () => {
    const old = new History(40);
    for (let at = 0; at < 2 * HOURS_MS; at += 60_000) old.add({ at, outcome: 'ok', rttMs: 1 });
    const total = (): number => old.buckets(0, HOURS_MS, 2).reduce((sum, { samples }) => sum + samples, 0);
    expect(total()).toBeLessThanOrEqual(360 + 40);
    expect(total()).toBeGreaterThanOrEqual(360);
    old.dropAfter(HOURS_MS);
    expect(old.buckets(HOURS_MS + 180_000, HOURS_MS, 1)[0]).toMatchObject({ samples: 0 });
  });
});
