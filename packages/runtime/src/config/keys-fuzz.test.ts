import { isIP } from 'node:net';
import { variableOf } from '@echo-daytime/worker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostileText } from '../../../../tests/harness/hostile-text.ts';
import { ConfigError } from '../errors.ts';
import { commonKeys, tcpKeys, udpKeys } from './common-keys.ts';
import { readConfig } from './config.ts';
import { type Key, optionalPort, size, timeZone } from './keys.ts';
import { quoted } from './shown-text.ts';

const keys: Readonly<Record<string, Key<unknown>>> = {
  ...commonKeys({ adminPort: '9007' }),
  ...tcpKeys(),
  ...udpKeys(),
  sessionPort: optionalPort('7014', 'An optional port'),
  maxRequest: size({ min: 16, max: 65_536 }, '128', 'A size'),
  tz: timeZone('UTC', 'A zone'),
};

const between =
  (min: number, max: number) =>
  (value: unknown): boolean =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
const oneOf =
  (...options: readonly unknown[]) =>
  (value: unknown): boolean =>
    options.includes(value);
const listOf =
  (isItem: (item: string) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.every((item) => typeof item === 'string' && isItem(item));

const isPort = between(0, 65_535);
const isDuration = between(0, 2 ** 31 - 1);
const isAddresses = (value: unknown): boolean =>
  listOf((item) => isIP(item) > 0)(value) && String(value) !== '';
const isNetworks = listOf((item) => {
  const [address = '', length = ''] = item.split('/');
  return (
    /^\d+$/.test(length) && Number(length) <= (isIP(address) === 4 ? 32 : isIP(address) === 6 ? 128 : -1)
  );
});

/** What the values of each key may be, whatever text they were read from. */
const valid: Readonly<Record<string, (value: unknown) => boolean>> = {
  adminHost: isAddresses,
  adminPort: isPort,
  workers: (value) => value === 'auto' || between(1, 1024)(value),
  logLevel: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  drainDelay: isDuration,
  drainTimeout: isDuration,
  host: isAddresses,
  allow: isNetworks,
  deny: isNetworks,
  faults: oneOf(true, false),
  udpEngine: oneOf('auto', 'batch', 'dgram'),
  proxyProtocol: oneOf('off', 'optional', 'required'),
  trustedProxies: isNetworks,
  maxConnections: between(1, 10_000_000),
  maxConnectionsPerSource: between(1, 10_000_000),
  idleTimeout: isDuration,
  writeTimeout: isDuration,
  backlog: between(1, 65_535),
  ratePerSource: between(0, 10_000_000),
  maxSources: between(1, 16_777_216),
  loopGuard: oneOf(true, false),
  sessionPort: isPort,
  maxRequest: between(16, 65_536),
  tz: (value) => typeof value === 'string' && value !== '',
};

/** The value of a key, or the problems with it; any other failure is one of this test. */
function read(name: string, text: string): { value: unknown } | { problems: readonly string[] } {
  try {
    const config = readConfig({ [name]: keys[name]! }, { env: { [variableOf(name)]: text }, args: [] });
    return { value: config[name] };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { problems: error.problems };
  }
}

it('should know what every common key may be', () => {
  expect(Object.keys(valid).sort()).toEqual(Object.keys(keys).sort());
});

describe.each(Object.keys(keys))('%s', (name) => {
  it('should read its default', () => {
    const { value } = read(name, keys[name]!.default) as { value: unknown };
    expect(valid[name]!(value), JSON.stringify(value)).toBe(true);
  });

  it('should make of any text a value of its kind or one problem that names it', () => {
    fc.assert(
      fc.property(hostileText, (text) => {
        const result = read(name, text);
        if ('value' in result) {
          expect(valid[name]!(result.value), JSON.stringify(result.value)).toBe(true);
        } else {
          expect(result.problems).toHaveLength(1);
          const [problem = ''] = result.problems;
          expect(problem.startsWith(`${variableOf(name)}=${quoted(text)} must `), problem).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });
});
