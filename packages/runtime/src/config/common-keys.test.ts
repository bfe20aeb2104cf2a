import { expect, it } from 'vitest';
import { commonKeys, portProblems, tcpKeys } from './common-keys.ts';
import { readConfig } from './config.ts';

const keys = { ...commonKeys({ adminPort: '9100' }), ...tcpKeys() };

function problems(env: Readonly<Record<string, string>>, port: number, otherPort = 0): string[] {
  const config = readConfig(keys, { env, args: [] });
  return portProblems(config, {
    PORT: { port, off: 'TCP=off' },
    OTHER_PORT: { port: otherPort, off: 'OTHER_PORT=0' },
  });
}

it.each([
  {},
  { HOST: '127.0.0.3', ADMIN_HOST: '0.0.0.0' },
  { HOST: '::', ADMIN_HOST: '192.0.2.7' },
  { HOST: '192.0.2.7,::1', ADMIN_HOST: '127.0.0.1,::1' },
])('should be a problem that listeners have one port where their addresses meet: %j', (env) => {
  expect(problems(env, 9_100)).toEqual([
    'PORT=9100 and ADMIN_PORT=9100 are one TCP port for two listeners; give each its own, or set TCP=off',
  ]);
  expect(problems(env, 9_101)).toEqual([]);
});

it.each([
  { HOST: '127.0.0.3', ADMIN_HOST: '127.0.0.4' },
  { HOST: '0.0.0.0', ADMIN_HOST: '::1' },
])('should be none where they do not: %j', (env) => {
  expect(problems(env, 9_100)).toEqual([]);
});

it('should name all that have one port', () => {
  expect(problems({ ADMIN_PORT: '8' }, 8, 8)).toEqual([
    'PORT=8 and OTHER_PORT=8 and ADMIN_PORT=8 are one TCP port for three listeners; give each its own, or set OTHER_PORT=0 or TCP=off',
  ]);
  expect(problems({ ADMIN_PORT: '0' }, 0, 0)).toEqual([]);
});
