import { expect, it } from 'vitest';
import { requestOf } from './request.ts';

it.each([
  ['1795158785\r\n', true],
  ['1795158785\n', true],
  // From servers that end no line, or end it in their own way.
  ['1795158785', true],
  ['1795158785\r', true],
  ['1795158785 \n', true],
  ['179515', undefined],
  ['go away\n', false],
])('should take %j for the answer of a session: %j', (answer, expected) => {
  expect(requestOf('session-tcp', 1, 1).isReply(Buffer.from(answer))).toBe(expected);
});
