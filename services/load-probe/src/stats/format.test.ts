import { expect, it } from 'vitest';
import { count, counted, durationWords, ms, percent } from './format.ts';

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

it.each([
  [0, '0.000 ms'],
  [0.0534, '0.053 ms'],
  [0.42, '0.420 ms'],
  [0.999_6, '1.00 ms'],
  [9.999, '10.0 ms'],
  [421.3, '421 ms'],
  [999.4, '999 ms'],
  [999.6, '1.00 s'],
  [12_340, '12.3 s'],
  [3_600_000, '3600 s'],
  [null, '–'],
])('should write a time of %s ms as %s', (milliseconds, words) => {
  expect(ms(milliseconds)).toBe(words);
});

it.each([
  [0, '0%'],
  [0.000_01, '<0.01%'],
  [0.000_5, '0.05%'],
  [0.016_6, '1.66%'],
  [0.25, '25%'],
  [0.999_99, '>99.99%'],
  [1, '100%'],
])('should write the share %s as %s', (ratio, words) => {
  expect(percent(ratio)).toBe(words);
});

it('should group thousands, show a decimal of small numbers, and use singular and plural', () => {
  expect([11_520, 123.4, 12.34].map(count)).toEqual(['11,520', '123', '12.3']);
  expect([counted(1, 'target'), counted(0, 'target')]).toEqual(['1 target', '0 targets']);
});
