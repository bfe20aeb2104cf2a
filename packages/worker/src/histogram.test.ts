import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CounterBlock } from './counters.ts';
import { exponentialIndex, type HistogramScale, histogramCells, NATIVE_SCHEMA } from './histogram.ts';

const scale: HistogramScale = { bounds: [1, 10], octaves: { from: -2, to: 3 } };

/** The cells of a histogram that has seen these values. */
function cellsAfter(values: readonly number[]): Float64Array {
  const layout = new CounterBlock();
  layout.histogram('seconds', 'Seconds.', scale);
  const memory = new SharedArrayBuffer(layout.byteLength);
  const histogram = new CounterBlock(memory).histogram('seconds', 'Seconds.', scale);
  for (const value of values) histogram.observe(value);
  // The first cell is the heartbeat's.
  return new Float64Array(memory).slice(1);
}

describe('Histogram', () => {
  it('should count a value in the first fixed bucket whose bound it does not exceed', () => {
    const cells = cellsAfter([0, 1, 1.5, 10, 11]);
    expect([...cells.slice(0, 4)]).toEqual([2, 2, 1, 23.5]);
    expect(cells).toHaveLength(histogramCells(scale).end);
  });

  it('should count every value in one exponential bucket, and those out of range at the ends', () => {
    const { zero, exponential, firstIndex, end } = histogramCells(scale);
    const counted = (value: number): number => cellsAfter([value]).subarray(zero).indexOf(1) + zero;
    for (const low of [0, -1, 1e-300, 0.25, Number.NaN]) expect(counted(low), `${low}`).toBe(zero);
    expect(counted(0.250_001)).toBe(exponential);
    expect(counted(1)).toBe(exponential - firstIndex);
    for (const high of [8, 8.000_1, 1e300, Number.POSITIVE_INFINITY]) expect(counted(high)).toBe(end - 1);
  });
});

it('should find the exponential bucket that a value is in', () => {
  const base = 2 ** (2 ** -NATIVE_SCHEMA);
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true, minExcluded: true }), (value) => {
      const index = exponentialIndex(value);
      // The bounds are rounded, too.
      expect(value).toBeLessThanOrEqual(base ** index * (1 + 1e-12));
      expect(value).toBeGreaterThan(base ** (index - 1) * (1 - 1e-12));
    }),
  );
  for (let octave = -30; octave < 30; octave += 1) expect(exponentialIndex(2 ** octave)).toBe(octave * 8);
});
