import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys as daytimeKeys } from '../../services/daytime/src/config.ts';
import { openDaytime } from '../../services/daytime/src/worker.ts';
import { keys as echoKeys } from '../../services/echo/src/config.ts';
import { openEcho } from '../../services/echo/src/worker.ts';
import { keys as udpDaytimeKeys } from '../../services/udp-daytime/src/config.ts';
import { openUdpDaytime } from '../../services/udp-daytime/src/worker.ts';
import { describeTcpEngines } from '../harness/engines.ts';
import { freePort } from '../harness/free-port.ts';
import { LocalDataPlane } from '../harness/local-data-plane.ts';
import { clauses } from './clauses.ts';
import { runClause, runClauses } from './run-clauses.ts';
import type { Target } from './target.ts';

const TIMEOUT_MS = 5_000;

const services = new AsyncDisposableStack();
let ports: Omit<Target, 'host' | 'timeoutMs'>;

beforeAll(async () => {
  const env = async () => ({ HOST: '127.0.0.1,::1', PORT: `${await freePort()}` });
  const STAMP_PORT = `${await freePort()}`;
  const echo = services.use(await LocalDataPlane.open(openEcho, echoKeys, { ...(await env()), STAMP_PORT }));
  const daytime = services.use(await LocalDataPlane.open(openDaytime, daytimeKeys, await env()));
  const udpDaytime = services.use(await LocalDataPlane.open(openUdpDaytime, udpDaytimeKeys, await env()));
  ports = {
    echoTcpPort: echo.portOf('echo-tcp'),
    echoUdpPort: echo.portOf('echo-udp'),
    daytimeTcpPort: daytime.portOf('daytime-tcp'),
    daytimeUdpPort: udpDaytime.portOf('daytime-udp'),
    stampPort: echo.portOf('stamp-udp'),
  };
});

afterAll(() => services.disposeAsync());

describe.each(['127.0.0.1', '::1'])('our services on %s', (host) => {
  it.each(clauses)('should hold $id: $text', async (clause) => {
    const { outcome, reason } = await runClause(clause, { host, ...ports, timeoutMs: TIMEOUT_MS });
    expect({ outcome, reason }).toEqual({ outcome: 'held', reason: undefined });
  });
});

// They mostly wait for the end of a timeout.
describe.concurrent('our services, with headers of a proxy', () =>
  describeTcpEngines((TCP_ENGINE) => {
    const optional = { PROXY_PROTOCOL: 'optional', ALLOW: '127.0.0.0/8,::1', DENY: '198.51.100.0/24' };
    it.each([
      ['headers of no proxy', { PROXY_PROTOCOL: 'off' }],
      ['optional headers, for peers that are no proxy', { ...optional, TRUSTED_PROXIES: '192.0.2.0/24' }],
      ['optional headers, for a proxy without one', { ...optional, TRUSTED_PROXIES: '127.0.0.1' }],
    ])('should hold every clause over TCP with %s, beside dialogs and sessions', async (_, env) => {
      const settings = {
        TCP_ENGINE,
        ...env,
        DIALOG_PORT: `${await freePort()}`,
        SESSION_PORT: `${await freePort()}`,
      };
      await using echo = await LocalDataPlane.open(openEcho, echoKeys, settings);
      await using daytime = await LocalDataPlane.open(openDaytime, daytimeKeys, settings);
      const target = {
        host: '127.0.0.1',
        echoTcpPort: echo.portOf('echo-tcp'),
        daytimeTcpPort: daytime.portOf('daytime-tcp'),
        timeoutMs: TIMEOUT_MS,
      };
      const tried = (await runClauses(target)).filter(({ clause }) => clause.port in target);
      expect(tried.filter(({ outcome }) => outcome !== 'held')).toEqual([]);
      expect(new Set(tried.map(({ clause }) => clause.port)).size).toBe(2);
    });
  }));
