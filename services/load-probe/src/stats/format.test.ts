import { expect, it } from 'vitest';
import { durationWords } from './format.ts';

it.each([
  [0, '0ms'],
  [249.6, '250ms'],
  [1_000, '1s'],
  [1_254, '1.25s'],
  [59_940, '59.9s'],
  [60_000, '1m'],
  [65_400, '1m 5s'],
  [119_700, '2m'],
  [3_600_000, '1h'],
  [3_900_000, '1h 5m'],
  [86_400_000, '24h'],
])('should write %d ms as %s', (milliseconds, words) => {
  expect(durationWords(milliseconds)).toBe(words);
});
