import { expect, it } from 'vitest';
import { ClockFilter } from './clock-filter.ts';

it('should give the reading with the smallest error of the last eight', () => {
  const filter = new ClockFilter();
  const errors = [5, 3, 4, 9, 9, 9, 9, 9, 9, 8, 9, 9];
  const best = errors.map((errorMs, offsetMs) => filter.add({ offsetMs, errorMs }).errorMs);
  expect(best).toEqual([5, 3, 3, 3, 3, 3, 3, 3, 3, 4, 8, 8]);
});

it('should give the newer of two readings with the same error', () => {
  const filter = new ClockFilter();
  filter.add({ offsetMs: 1, errorMs: 2 });
  expect(filter.add({ offsetMs: 7, errorMs: 2 })).toEqual({ offsetMs: 7, errorMs: 2 });
});
