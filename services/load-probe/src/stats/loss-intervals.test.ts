import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CONFIDENCE, type Share, shareOf } from './binomial.ts';
import { type Interval, lossIntervals } from './loss-intervals.ts';

const count = fc.nat({ max: 300 });
/** Of rounding. */
const EPSILON = 1e-9;

function expectWithin({ low, high }: Share, interval: Interval): void {
  expect(interval.low).toBeLessThanOrEqual(low + EPSILON);
  expect(interval.high).toBeGreaterThanOrEqual(high - EPSILON);
}

it('should hold what would be known, whatever became of the unknown ones', () => {
  fc.assert(
    fc.property(count, count, count, count, count, count, (answered, forward, back, there, here, neither) => {
      const lost = { forward, return: back, unknown: there + here + neither };
      const requests = answered + forward + back + lost.unknown;
      const intervals = lossIntervals(lost, requests);
      expectWithin(shareOf(forward + there, requests, CONFIDENCE), intervals.forward);
      expectWithin(shareOf(back + here, requests - forward - there, CONFIDENCE), intervals.return);
    }),
  );
});

it('should be the exact interval where all is known, and everything where nothing is', () => {
  const { forward, return: back } = lossIntervals({ forward: 7, return: 3, unknown: 0 }, 100);
  expect(shareOf(7, 100, CONFIDENCE)).toMatchObject(forward);
  expect(shareOf(3, 93, CONFIDENCE)).toMatchObject(back);
  const all = { low: 0, high: 1 };
  expect(lossIntervals({ forward: 0, return: 0, unknown: 0 }, 0)).toEqual({ forward: all, return: all });
  expect(lossIntervals({ forward: 0, return: 0, unknown: 5 }, 5)).toEqual({ forward: all, return: all });
});
