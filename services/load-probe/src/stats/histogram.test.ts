import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HISTOGRAM_CELLS, LatencyHistogram } from './histogram.ts';

const PRECISION = 1 / 1024;
const latency = fc.double({ min: 0.001, max: 3_600_000, noNaN: true });
const percents = [1, 25, 50, 90, 99, 99.9, 100];

function counts(latencies: readonly number[]): LatencyHistogram {
  const all = new LatencyHistogram();
  for (const milliseconds of latencies) all.record(milliseconds);
  return all;
}

describe('LatencyHistogram', () => {
  it('should give percentiles that are at most 1/1024 too high, and never too low', () => {
    fc.assert(
      fc.property(fc.array(latency, { minLength: 1, maxLength: 300 }), (latencies) => {
        const sorted = latencies.toSorted((one, other) => one - other);
        const all = counts(latencies);
        for (const percent of percents) {
          const exact = sorted[Math.max(1, Math.ceil((percent * 10 * sorted.length) / 1_000)) - 1]!;
          const given = all.percentile(percent)!;
          expect(given).toBeGreaterThanOrEqual(exact);
          expect(given).toBeLessThanOrEqual(exact * (1 + PRECISION));
        }
        expect(all.count).toBe(latencies.length);
        expect(all.minMs).toBe(sorted[0]);
        expect(all.maxMs).toBe(sorted.at(-1));
      }),
    );
  });

  it('should have no percentile when it is empty', () => {
    const none = new LatencyHistogram();
    expect(none.percentile(50)).toBeUndefined();
    expect([none.count, none.minMs, none.maxMs]).toEqual([0, 0, 0]);
  });

  it('should count values out of range in the first and last bucket', () => {
    const all = counts([0, 1e-9, 1e12]);
    expect(all.count).toBe(3);
    expect(all.percentile(100)).toBe(1e12);
    expect(all.countBetween(0, Number.POSITIVE_INFINITY)).toBe(3);
  });

  it('should count each latency on one side of an edge only', () => {
    fc.assert(
      fc.property(fc.array(latency, { maxLength: 100 }), latency, (latencies, edge) => {
        const all = counts(latencies);
        const below = all.countBetween(0, edge);
        expect(below + all.countBetween(edge, Number.POSITIVE_INFINITY)).toBe(latencies.length);
        const exact = latencies.filter((milliseconds) => milliseconds < edge * (1 - PRECISION)).length;
        expect(below).toBeGreaterThanOrEqual(exact);
      }),
    );
  });

  it('should add another histogram, and give the difference to an earlier state', () => {
    fc.assert(
      fc.property(fc.array(latency), fc.array(latency, { minLength: 1 }), (before, after) => {
        const earlier = counts(before);
        const later = counts(before);
        later.add(counts(after));
        expect(later.count).toBe(before.length + after.length);
        expect(later.maxMs).toBe(Math.max(...before, ...after));
        expect(later.minMs).toBe(Math.min(...before, ...after));
        const difference = later.since(earlier);
        expect(difference.count).toBe(after.length);
        const [given, exact] = [difference.percentile(50)!, counts(after).percentile(50)!];
        expect(Math.abs(given - exact)).toBeLessThanOrEqual(exact * PRECISION);
      }),
    );
  });

  it('should read the memory that another histogram writes', () => {
    const memory = new Float64Array(new SharedArrayBuffer(HISTOGRAM_CELLS * Float64Array.BYTES_PER_ELEMENT));
    const reader = new LatencyHistogram(memory);
    new LatencyHistogram(memory).record(2.5);
    expect(reader.percentile(50)).toBe(2.5);
  });
});
