import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keys as daytimeKeys } from '../../services/daytime/src/config.ts';
import { openDaytime } from '../../services/daytime/src/worker.ts';
import { keys as echoKeys } from '../../services/echo/src/config.ts';
import { openEcho } from '../../services/echo/src/worker.ts';
import { keys as udpDaytimeKeys } from '../../services/udp-daytime/src/config.ts';
import { openUdpDaytime } from '../../services/udp-daytime/src/worker.ts';
import { freePort } from '../harness/free-port.ts';
import { LocalDataPlane } from '../harness/local-data-plane.ts';
import { clauses } from './clauses.ts';
import { runClause } from './run-clauses.ts';
import type { Target } from './target.ts';

const TIMEOUT_MS = 5_000;

const services = new AsyncDisposableStack();
let ports: Omit<Target, 'host' | 'timeoutMs'>;

beforeAll(async () => {
  const env = async () => ({ HOST: '127.0.0.1,::1', PORT: `${await freePort()}` });
  const echo = services.use(await LocalDataPlane.open(openEcho, echoKeys, await env()));
  const daytime = services.use(await LocalDataPlane.open(openDaytime, daytimeKeys, await env()));
  const udpDaytime = services.use(await LocalDataPlane.open(openUdpDaytime, udpDaytimeKeys, await env()));
  ports = {
    echoTcpPort: echo.portOf('echo-tcp'),
    echoUdpPort: echo.portOf('echo-udp'),
    daytimeTcpPort: daytime.portOf('daytime-tcp'),
    daytimeUdpPort: udpDaytime.portOf('daytime-udp'),
  };
});

afterAll(() => services.disposeAsync());

describe.each(['127.0.0.1', '::1'])('our services on %s', (host) => {
  it.each(clauses)('should hold $id: $text', async (clause) => {
    const { verdict, reason } = await runClause(clause, { host, ...ports, timeoutMs: TIMEOUT_MS });
    expect({ verdict, reason }).toEqual({ verdict: 'held', reason: undefined });
  });
});
