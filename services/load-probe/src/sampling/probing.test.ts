import { expect, it } from 'vitest';
import { spreadMs } from './probing.ts';

it.each([
  ['a second at most for few targets', 60_000, 6, 1_000],
  ['no more than the interval', 200, 6, 200],
  ['the interval for many targets', 10_000, 5_000, 10_000],
  ['a hundredth of a second for each of many targets with a long interval', 3_600_000, 5_000, 50_000],
])('should spread first samples over %s', (_, intervalMs, targets, expected) => {
  expect(spreadMs(intervalMs, targets)).toBe(expected);
});
