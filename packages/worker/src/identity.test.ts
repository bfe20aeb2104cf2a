import { expect, it } from 'vitest';
import { identityOf } from './identity.ts';

const unknown = { identity: true, podName: '', nodeName: '', zoneName: '' };
const known = { identity: true, podName: 'echo-7d9f', nodeName: 'n1', zoneName: 'a' };

it.each([
  [known, 'pod=echo-7d9f node=n1 zone=a'],
  [{ ...known, podName: '' }, 'node=n1 zone=a'],
  [{ ...known, nodeName: '', zoneName: '' }, 'pod=echo-7d9f'],
  [unknown, 'host=my?host'],
  [{ ...unknown, zoneName: 'a' }, 'host=my?host zone=a'],
  [{ ...known, identity: false }, undefined],
])('should tell the names that are known, or else that of the host: %j', (config, text) => {
  expect(identityOf(config, 'my host')).toBe(text);
});

it('should tell nothing where nothing is known', () => {
  expect(identityOf(unknown, '')).toBeUndefined();
});
