import { expect, it } from 'vitest';
import { refusedValue } from './refused-value.ts';

const right = { parse: () => 'right' };

it.each([
  ['is no number', String.raw`--n "7\r" is no number; it ends with a carriage return (\r)`],
  [String.raw`ends with a carriage return (\r)`, String.raw`--n "7\r" ends with a carriage return (\r)`],
])('should say once what does not show in a value that %s', (message, sentence) => {
  expect(refusedValue('--n ', '7\r', right, new Error(message))).toBe(sentence);
});
