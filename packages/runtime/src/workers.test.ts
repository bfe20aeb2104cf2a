import { expect, it } from 'vitest';
import { heapLimitMib } from './workers.ts';

const MIB = 1024 * 1024;

it.each([
  ['half of a small container', 1, 256, 262, 128],
  ['shared out over the workers', 4, 256, 262, 32],
  ['the limit of V8 where memory is plenty', 1, 32_768, 4_192, 4_192],
])('should be %s', (_which, workers, memory, own, limit) => {
  expect(heapLimitMib(workers, memory * MIB, own * MIB)).toBe(limit);
});

it('should default to the memory of this machine', () => {
  expect(heapLimitMib(1)).toBeGreaterThan(16);
  expect(Number.isFinite(heapLimitMib(1))).toBe(true);
});
