import { expect, it } from 'vitest';
import { rotate, summarize } from './statistics.ts';

it('should take the middle of an odd number of values in any order', () => {
  expect(summarize([9, 1, 100])).toEqual({ median: 9, min: 1, max: 100 });
});

it('should take the mean of the two in the middle of an even number of values', () => {
  expect(summarize([4, 1, 3, 200])).toEqual({ median: 3.5, min: 1, max: 200 });
});

it('should order values as numbers and not as text', () => {
  expect(summarize([10, 9, 100]).median).toBe(10);
});

it('should refuse to summarize nothing', () => {
  expect(() => summarize([])).toThrow(RangeError);
});

it('should put each contender first equally often', () => {
  const rounds = [0, 1, 2, 3].map((round) => rotate(['a', 'b', 'c'], round));
  expect(rounds.map((order) => order.join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
});
