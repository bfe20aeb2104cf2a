import { expect, it } from 'vitest';
import { readWhoLine } from './who-line.ts';

it.each([
  ['who pod=a-1 node=n1 zone=z', { fields: 'pod=a-1 node=n1 zone=z', name: 'a-1' }],
  ['who node=n1', { fields: 'node=n1', name: 'n1' }],
  ['who host=my=host', { fields: 'host=my=host', name: 'my=host' }],
])('should read who answered: %s', (line, responder) => {
  expect(readWhoLine(line)).toEqual(responder);
});

it.each([
  '',
  'who',
  'who ',
  'who zone=a',
  'who pod=',
  'who pod=a  node=b',
  'who pod=é',
  '1700000000',
  `who pod=${'a'.repeat(254)}`,
])('should read no name in %j', (line) => {
  expect(readWhoLine(line)).toEqual({
    unknown: expect.stringMatching(/: it is no session that tells who answers$/),
  });
});
