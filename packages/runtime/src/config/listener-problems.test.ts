import { expect, it } from 'vitest';
import { commonKeys, tcpKeys } from './common-keys.ts';
import { readConfig } from './config.ts';
import { onOff, optionalPort, port } from './keys.ts';
import { listenerProblems } from './listener-problems.ts';

const keys = {
  ...commonKeys({ adminPort: '9100' }),
  port: port('0', 'any'),
  tcp: onOff('on', 'any'),
  otherPort: optionalPort('0', 'any'),
  ...tcpKeys(),
};
const protocol = 'tcp';
const declareCounters = () => {};
const listeners = {
  'one-tcp': { protocol, port: 'port', switch: 'tcp', declareCounters },
  'other-tcp': { protocol, port: 'otherPort', switch: 'otherPort', declareCounters },
} as const;

function problems(env: Readonly<Record<string, string>>, port: number, otherPort = 0): string[] {
  const given = { PORT: `${port}`, OTHER_PORT: `${otherPort}`, ...env };
  return listenerProblems(listeners, readConfig(keys, { env: given, args: [] }));
}

it.each([
  {},
  { HOST: '127.0.0.3', ADMIN_HOST: '0.0.0.0' },
  { HOST: '::', ADMIN_HOST: '192.0.2.7' },
  { HOST: '192.0.2.7,::1', ADMIN_HOST: '127.0.0.1,::1' },
])('should report listeners that share a port on overlapping addresses: %j', (env) => {
  expect(problems(env, 9_100)).toEqual([
    'PORT=9100 and ADMIN_PORT=9100 are one TCP port for two listeners; give each its own, or set TCP=off',
  ]);
  expect(problems(env, 9_101)).toEqual([]);
});

it.each([
  { HOST: '127.0.0.3', ADMIN_HOST: '127.0.0.4' },
  { HOST: '0.0.0.0', ADMIN_HOST: '::1' },
])('should allow one port on addresses that do not overlap: %j', (env) => {
  expect(problems(env, 9_100)).toEqual([]);
});

it('should name every listener that shares a port', () => {
  expect(problems({ ADMIN_PORT: '8' }, 8, 8)).toEqual([
    'PORT=8 and OTHER_PORT=8 and ADMIN_PORT=8 are one TCP port for three listeners; give each its own, or set OTHER_PORT=0 or TCP=off',
  ]);
  expect(problems({ ADMIN_PORT: '0' }, 0, 0)).toEqual([]);
});

it('should report PORT=0 with several workers, which share one port', () => {
  const problem = 'PORT=0 (any free port) needs WORKERS=1: several workers share one port, so name it';
  expect(problems({ WORKERS: '2' }, 0)).toEqual([problem]);
  expect(problems({ WORKERS: '2', TCP: 'off' }, 0, 9_101)).toEqual([]);
});

it('should report a configuration whose listeners are all off', () => {
  expect(problems({ TCP: 'off' }, 9_101)).toEqual([
    'TCP=off and OTHER_PORT=0 leave nothing to serve; switch one of them on',
  ]);
});
