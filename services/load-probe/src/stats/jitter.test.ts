import { expect, it } from 'vitest';
import { Jitter } from './jitter.ts';

it('should be the difference between consecutive samples, in any order, and undefined across a gap', () => {
  const jitter = new Jitter();
  expect(jitter.add(0, 10)).toBeUndefined();
  expect(jitter.add(1, 13)).toBe(3);
  expect(jitter.add(2, 8)).toBe(5);
  expect(jitter.add(4, 9)).toBeUndefined();
  expect(jitter.add(3, 19)).toBe(10);
  expect(jitter.add(5, 10)).toBe(1);
  // The worker was started again.
  expect(jitter.add(0, 7)).toBeUndefined();
  expect(jitter.add(1, 9)).toBe(2);
});
