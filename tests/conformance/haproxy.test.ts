import { randomBytes } from 'node:crypto';
import { parseDaytime } from '@echo-daytime/daytime-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tcpImbalance } from '../harness/balance.ts';
import { eventually } from '../harness/eventually.ts';
import { freePort } from '../harness/free-port.ts';
import { type HaProxy, startHaProxy } from '../harness/haproxy.ts';
import { programProblem } from '../harness/programs.ts';
import { ServiceProcess } from '../harness/service-process.ts';
import { skipFor } from '../harness/skip-for.ts';
import { TcpClient } from '../harness/tcp-client.ts';

const versions = ['send-proxy', 'send-proxy-v2', 'send-proxy-v2 proxy-v2-options crc32c'] as const;

/** The client that HAProxy sees; the services see HAProxy as 127.0.0.1. */
const CLIENT = '127.0.0.7';
const DENIED = '127.0.0.8';

describe.each(versions)('behind HAProxy with %s', skipFor(programProblem('haproxy')), (options) => {
  const stack = new AsyncDisposableStack();
  let echo: ServiceProcess;
  let daytime: ServiceProcess;
  let proxy: HaProxy<'echo' | 'dialog' | 'daytime' | 'session'>;

  beforeAll(async () => {
    const env = { PROXY_PROTOCOL: 'required', TRUSTED_PROXIES: '127.0.0.1/32', DENY: DENIED };
    echo = stack.use(
      await ServiceProcess.start('echo', {
        ...env,
        DIALOG_PORT: String(await freePort()),
        DIALOG_GREETING: 'hello {remote}\\n',
        MAX_CONNECTIONS_PER_SOURCE: '1',
      }),
    );
    daytime = stack.use(
      await ServiceProcess.start('daytime', { ...env, SESSION_PORT: String(await freePort()) }),
    );
    proxy = stack.use(
      await startHaProxy({
        echo: {
          servers: { target: { port: echo.port('echo-tcp'), options } },
          // A server that closes before HAProxy has taken note of the connection is asked again: refused twice.
          settings: ['retries 0'],
        },
        dialog: { servers: { target: { port: echo.port('dialog-tcp'), options } } },
        daytime: {
          servers: { target: { port: daytime.port('daytime-tcp'), options: `${options} check inter 100ms` } },
        },
        session: { servers: { target: { port: daytime.port('session-tcp'), options } } },
      }),
    );
  });
  afterAll(() => stack.disposeAsync());

  it.each([
    [CLIENT, '127.0.0.1'],
    ['::1', '::1'],
  ])('should see the client at %s as itself', async (localAddress, host) => {
    using client = await TcpClient.connect(proxy.ports.dialog, { host, localAddress });
    const { localPort } = client.socket;
    const greeting = `hello ${host === '::1' ? '[::1]' : localAddress}:${localPort}\n`;
    expect(String(await client.take(greeting.length))).toBe(greeting);
    expect(await client.ask('ping\t'.padEnd(5))).toContain('serve');
  });

  it('should echo every byte, and only those of the client', async () => {
    const payload = randomBytes(1024 * 1024);
    using client = await TcpClient.connect(proxy.ports.echo, { halfOpen: true });
    client.socket.end(payload);
    expect((await client.takeAll()).equals(payload)).toBe(true);
    expect(await client.ended).toBe('FIN');
  });

  it('should let the time through, with nothing sent by the client', async () => {
    using client = await TcpClient.connect(proxy.ports.daytime);
    const { instant } = parseDaytime(String(await client.takeAll()), { format: 'rfc867' });
    expect(Math.abs(Number(instant / 1_000_000n) - Date.now())).toBeLessThan(2_000);
  });

  it('should serve a session', async () => {
    using client = await TcpClient.connect(proxy.ports.session);
    client.socket.write('timestamp');
    expect(String(await client.take(12))).toMatch(/^\d{10}\r\n$/);
    client.socket.write('\niso8601\n');
    expect(String(await client.take(30))).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it('should hold limits and access lists against the client, not against HAProxy', async () => {
    using first = await TcpClient.connect(proxy.ports.echo, { localAddress: CLIENT });
    expect(await first.ask('first')).toBe('first');
    for (const localAddress of [CLIENT, DENIED]) {
      using refused = await TcpClient.connect(proxy.ports.echo, { localAddress });
      refused.socket.write('refused');
      expect(await refused.takeAll()).toHaveLength(0);
    }
    using other = await TcpClient.connect(proxy.ports.echo);
    expect(await other.ask('other')).toBe('other');
    expect(await first.ask('first')).toBe('first');
    const metrics = await echo.metrics();
    const refusals = (reason: string): number =>
      metrics.value('l4_tcp_connections_refused_total', { listener: 'echo-tcp', reason });
    expect([refusals('max_per_source'), refusals('denied')]).toEqual([1, 1]);
    expect(tcpImbalance(metrics, 'echo-tcp')).toBe(0);
  });

  it('should let health checks of HAProxy be connections of its own', async () => {
    const accepted = async (): Promise<number> =>
      (await daytime.metrics()).value('l4_tcp_connections_accepted_total', { listener: 'daytime-tcp' });
    const before = await accepted();
    await eventually(async () => expect(await accepted()).toBeGreaterThan(before + 3));
    const broken = { listener: 'daytime-tcp', reason: 'protocol' };
    expect((await daytime.metrics()).value('l4_tcp_connections_closed_total', broken)).toBe(0);
    await eventually(async () => expect(tcpImbalance(await daytime.metrics(), 'daytime-tcp')).toBe(0));
  });

  it('should close a connection that bypasses HAProxy and has no header', async () => {
    using direct = await TcpClient.connect(echo.port('echo-tcp'));
    direct.socket.write('hello');
    expect(await direct.takeAll()).toHaveLength(0);
    expect(await direct.ended).toBe('FIN');
  });
});
