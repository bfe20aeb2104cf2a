import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capacityFor, History } from './history.ts';
import { outcomes } from './outcome.ts';

describe('History', () => {
  it('should keep the samples that are due last, in the order they were due', () => {
    const sample = fc.record({
      at: fc.integer({ min: 0, max: 1_000_000 }),
      outcome: fc.constantFrom(...outcomes),
      rttMs: fc.option(fc.integer({ min: 0, max: 10_000 })),
      lagMs: fc.constant(0),
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
    for (const at of [1, 2, 5, 4, 6]) history.add({ at, outcome: 'ok', rttMs: at, lagMs: 0 });
    expect(history.points().map(({ at }) => at)).toEqual([4, 5, 6]);
  });

  it('should sum up a window', () => {
    const history = new History(10);
    history.add({ at: 1_000, outcome: 'ok', rttMs: 99, lagMs: 99 });
    history.add({ at: 2_000, outcome: 'ok', rttMs: 3, lagMs: 1 });
    history.add({ at: 3_000, outcome: 'lost', rttMs: null, lagMs: 2 });
    history.add({ at: 4_000, outcome: 'prober_late', rttMs: null, lagMs: 80 });
    history.add({ at: 5_000, outcome: 'late', rttMs: 1, lagMs: 0 });
    expect(history.window(2_000)).toEqual({
      samples: 4,
      ok: 1,
      proberLate: 1,
      maxLagMs: 80,
      rttsMs: Float32Array.from([1, 3]),
    });
  });

  it('should reach back ten minutes and have bounds', () => {
    expect(capacityFor(1_000)).toBe(600);
    expect(capacityFor(60_000)).toBe(600);
    expect(capacityFor(100)).toBe(6_000);
    expect(capacityFor(1)).toBe(21_600);
  });
});
