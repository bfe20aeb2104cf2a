import { expect, it } from 'vitest';
import { fieldOf, placeWords } from './responder-words.ts';

it('should read the place of a responder, as far as it tells', () => {
  expect(placeWords('pod=echo-7d9f node=n1 zone=a')).toBe('node n1 · zone a');
  expect(placeWords('pod=node=x zone=a=b')).toBe('zone a=b');
  expect(placeWords('host=desk')).toBe('');
  expect(fieldOf('pod=echo-7d9f node=n1', 'pod')).toBe('echo-7d9f');
});
