import { expect, it } from 'vitest';
import { questionOf } from './question.ts';

it.each([
  ['1795158785\r\n', true],
  ['1795158785\n', true],
  // From a server that ends no line.
  ['1795158785', true],
  ['179515', undefined],
  ['go away\n', false],
])('should take %j for the answer of a session: %j', (answer, expected) => {
  expect(questionOf('session-tcp', 1, 1).isAnswer(Buffer.from(answer))).toBe(expected);
});
