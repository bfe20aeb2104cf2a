import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './histogram.ts';
import { histogramOf, roundTripLines, roundTripsOf } from './round-trips.ts';

function counts(latencies: readonly number[]): LatencyHistogram {
  const all = new LatencyHistogram();
  for (const milliseconds of latencies) all.record(milliseconds);
  return all;
}

describe('the histogram', () => {
  it('should hold every round trip, in bars without gaps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        (latencies) => {
          const bars = histogramOf(counts(latencies));
          expect(bars.reduce((sum, bar) => sum + bar.count, 0)).toBe(latencies.length);
          expect(bars[0]!.fromMs).toBeLessThanOrEqual(Math.min(...latencies));
          expect(bars.at(-1)!.toMs).toBeGreaterThan(Math.max(...latencies));
          for (const [index, { fromMs, toMs }] of bars.entries()) {
            expect(toMs).toBeGreaterThan(fromMs);
            if (index > 0) expect(fromMs).toBe(bars[index - 1]!.toMs);
          }
          expect(bars.length).toBeLessThanOrEqual(10);
        },
      ),
    );
  });

  it('should draw the bars in proportion, and the smallest at least one character long', () => {
    const lines = roundTripLines(counts([...Array.from({ length: 999 }, () => 1), 100]));
    expect(lines[0]).toBe('round trip p50 1.00 ms, p90 1.00 ms, p99 1.00 ms, p99.9 1.00 ms, max 100 ms');
    expect(lines[1]).toMatch(/^ {2} +1 - +1\.6 ms #{40} 999 99\.9%$/);
    expect(lines.at(-1)).toMatch(/ # +1 0\.1%$/);
    for (const line of lines.slice(2, -1)) expect(line).toMatch(/ ms +0$/);
  });

  it('should be one bar when all round trips are equal', () => {
    expect(histogramOf(counts([3, 3, 3]))).toEqual([{ fromMs: 3, toMs: 3.1, count: 3 }]);
  });

  it('should be empty without a round trip', () => {
    expect(roundTripLines(counts([]))).toEqual([]);
    expect(roundTripsOf(counts([]))).toBeUndefined();
  });
});
