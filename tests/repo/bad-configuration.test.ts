import { ConfigError, readConfig, variableOf } from '@echo-daytime/runtime';
import { describe, expect, it } from 'vitest';
import { keysOf, services } from './services.ts';

/** For every key of every service a value that it must refuse, and what the refusal says is allowed. */
const refused: Readonly<Record<string, readonly [value: string, allowed: string]>> = {
  host: ['localhost', 'must be different IP addresses separated by commas, such as 127.0.0.1,::1'],
  port: ['99999', 'must be a port from 0 to 65535'],
  adminHost: ['', 'must be different IP addresses separated by commas'],
  adminPort: ['-1', 'must be a port from 0 to 65535'],
  workers: ['0', 'must be auto or from 1 to 1024'],
  logLevel: ['loud', 'must be one of trace, debug, info, warn, error, fatal, silent'],
  drainDelay: ['5', 'must be a duration such as 250ms, 2s, 2m or 1h'],
  drainTimeout: ['a while', 'must be a duration such as 250ms, 2s, 2m or 1h'],
  maxConnections: ['-1', 'must be a whole number from 1 to 10000000'],
  maxConnectionsPerSource: ['0', 'must be a whole number from 1 to 10000000'],
  idleTimeout: ['2M', 'must be a duration such as 250ms, 2s, 2m or 1h'],
  writeTimeout: ['1d', 'must be a duration such as 250ms, 2s, 2m or 1h'],
  backlog: ['65536', 'must be a whole number from 1 to 65535'],
  ratePerSource: ['1.5', 'must be a whole number from 0 to 10000000'],
  maxSources: ['0', 'must be a whole number from 1 to 16777216'],
  faults: ['yes', 'must be one of on, off'],
  tcpEngine: ['fast', 'must be one of auto, epoll, net'],
  udpEngine: ['fast', 'must be one of auto, batch, dgram'],
  loopGuard: ['yes', 'must be one of on, off'],
  tcp: ['true', 'must be one of on, off'],
  udp: ['1', 'must be one of on, off'],
  format: ['rfc868', 'must be one of timestamp, timestamp-ms, timestamp-ns, rfc867'],
  tz: ['Berlin', 'must be an IANA time zone such as UTC, Europe/Berlin or America/New_York'],
  minRequestBytes: ['65508', 'must be a whole number from 0 to 65507'],
  dialogPort: ['70080', 'must be a port from 0 to 65535 (0 = off)'],
  stampPort: ['-1', 'must be a port from 0 to 65535 (0 = off)'],
  stampMaxSessions: ['0', 'must be a whole number from 1 to 16777216'],
  stampSessionTimeout: ['5 m', 'must be a duration such as 250ms, 2s, 2m or 1h'],
  dialogDelimiter: ['\\q', 'the escapes are \\0 \\a \\b \\t \\n'],
  dialogReply: ['{name}', 'the placeholders are {message} {random:0-99} {count}'],
  dialogGreeting: ['{message}', 'the placeholders are {random:0-99} {count} {remote}'],
  dialogHold: ['1', 'must be a duration such as 250ms, 2s, 2m or 1h'],
  dialogReadTimeout: ['soon', 'must be a duration such as 250ms, 2s, 2m or 1h'],
  dialogMaxMessage: ['2KB', 'must be a size such as 128, 64KiB or 1MiB'],
  sessionPort: ['session', 'must be a port from 0 to 65535 (0 = off)'],
  identity: ['yes', 'must be one of on, off'],
  podName: ['my pod', 'must be at most 253 characters of printable ASCII, without a space'],
  nodeName: ['n\u00e9', 'must be at most 253 characters of printable ASCII, without a space'],
  zoneName: ['eu west', 'must be at most 253 characters of printable ASCII, without a space'],
  tcpSaveSyn: ['yes', 'must be one of on, off'],
  metricsDetail: ['all', 'must be one of normal, full'],
  maxRequest: ['8', 'must be a size such as 128, 64KiB or 1MiB'],
  allow: ['10.0.0.0/33', 'must be networks separated by commas, such as 192.0.2.0/24,2001:db8::/32'],
  deny: ['example.com', 'must be networks separated by commas, such as 192.0.2.0/24,2001:db8::/32'],
  proxyProtocol: ['v2', 'must be one of off, optional, required'],
  trustedProxies: ['192.0.2.0/24/8', 'must be networks separated by commas'],
  targets: ['gopher://192.0.2.1:70', 'echo+tcp'],
  targetsFile: ['/no/such/targets.yaml', 'must be a file that can be read: there is none'],
  interval: ['0s', 'must be a duration from 1ms to 24h'],
  mesh: ['load-probe-admin', 'has no port; write HOST:PORT'],
  discoverInterval: ['50ms', 'must be a duration from 100ms to 1h'],
  timeout: ['2h', 'must be a duration from 1ms to 1h'],
  size: ['1', 'must be a size such as 128, 64KiB or 1MiB'],
};

const cases = (
  await Promise.all(
    services.map(async (service) => {
      const keys = await keysOf(service);
      return Object.keys(keys).map((name) => ({ service, name, variable: variableOf(name), keys }));
    }),
  )
).flat();

describe('a bad value of a configuration key', () => {
  it.each(cases)('should be refused with what is allowed: $service $variable', ({ name, variable, keys }) => {
    const bad = refused[name];
    if (!bad) throw new Error(`no bad value is known for ${variable}; add one to this table`);
    const [value, allowed] = bad;
    const problems = problemsOf(() => readConfig(keys, { env: { [variable]: value }, args: [] }));
    expect(problems).toHaveLength(1);
    expect(problems[0]?.startsWith(`${variable}=${JSON.stringify(value)} `)).toBe(true);
    expect(problems[0]).toContain(allowed);
  });

  it.each(services)('should be reported for all keys of %s at once', async (service) => {
    const keys = await keysOf(service);
    const env = Object.fromEntries(
      Object.keys(keys).map((name) => [variableOf(name), refused[name]?.[0] ?? '']),
    );
    expect(problemsOf(() => readConfig(keys, { env, args: [] }))).toHaveLength(Object.keys(keys).length);
  });
});

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
