import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServiceProcess } from '../harness/service-process.ts';
import { clauses } from './clauses.ts';
import { runClause } from './run-clauses.ts';
import type { Target } from './target.ts';

const TIMEOUT_MS = 5_000;

const services = new AsyncDisposableStack();
let ports: Omit<Target, 'host' | 'timeoutMs'>;

beforeAll(async () => {
  const echo = services.use(await ServiceProcess.start('echo'));
  const daytime = services.use(await ServiceProcess.start('daytime'));
  const udpDaytime = services.use(await ServiceProcess.start('udp-daytime'));
  ports = {
    echoTcpPort: echo.port('echo-tcp'),
    echoUdpPort: echo.port('echo-udp'),
    daytimeTcpPort: daytime.port('daytime-tcp'),
    daytimeUdpPort: udpDaytime.port('daytime-udp'),
  };
});

afterAll(() => services.disposeAsync());

describe.each(['127.0.0.1', '::1'])('our services on %s', (host) => {
  it.each(clauses)('should hold $id: $text', async (clause) => {
    const { verdict, reason } = await runClause(clause, { host, ...ports, timeoutMs: TIMEOUT_MS });
    expect({ verdict, reason }).toEqual({ verdict: 'held', reason: undefined });
  });
});
