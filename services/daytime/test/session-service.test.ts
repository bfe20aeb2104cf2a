import { formats, parseDaytime } from '@echo-daytime/daytime-format';
import { listenerProblems, readConfig } from '@echo-daytime/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import type { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openLocalDaytime } from './fixtures/local-daytime.ts';

describeTcpEngines((TCP_ENGINE) => {
  const labels = { listener: 'session-tcp' };

  async function start(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    return ServiceProcess.start('daytime', { TCP_ENGINE, SESSION_PORT: String(await freePort()), ...env });
  }

  async function openLocal(env: Readonly<Record<string, string>> = {}): Promise<LocalDataPlane> {
    return openLocalDaytime({ TCP_ENGINE, SESSION_PORT: String(await freePort()), ...env });
  }

  /** The next line, CRLF included. */
  async function line(client: TcpClient): Promise<string> {
    let text = '';
    while (!text.endsWith('\r\n')) text += String(await client.take(1));
    return text;
  }

  function expectNow(unixSeconds: string): void {
    expect(unixSeconds).toMatch(/^\d+\r\n$/);
    expect(Math.abs(Number(unixSeconds) - Date.now() / 1_000)).toBeLessThanOrEqual(1);
  }

  async function expectClosed(daytime: LocalDataPlane, reason: string, count: number): Promise<void> {
    await eventually(() => {
      const metrics = daytime.metrics();
      expect(metrics.value('l4_tcp_connections_closed_total', { ...labels, reason })).toBe(count);
      expect(metrics.value('l4_tcp_connections_open', labels)).toBe(0);
      expect(tcpImbalance(metrics, 'session-tcp')).toBe(0);
    });
  }

  describe('a session', () => {
    let daytime: ServiceProcess;
    let port: number;
    beforeAll(async () => {
      daytime = await start();
      port = daytime.port('session-tcp');
    });
    afterAll(() => daytime[Symbol.asyncDispose]());

    it.each(['127.0.0.1', '::1'])(
      'should send the time in every format, one after another, over %s',
      async (host) => {
        using client = await TcpClient.connect(port, { host });
        for (const format of formats) {
          client.socket.write(`${format}\n`);
          const { instant } = parseDaytime(await line(client), { format });
          expect(Math.abs(Number(instant / 1_000_000n) - Date.now())).toBeLessThan(2_000);
        }
        client.socket.end();
        expect(await client.ended).toBe('FIN');
      },
    );

    it('should send Unix seconds to clients that send no newline, once for each request', async () => {
      using client = await TcpClient.connect(port);
      client.socket.write('timestamp');
      expectNow(await line(client));
      client.socket.write('timestamp');
      expectNow(await line(client));
      client.socket.write('\r\nctime\n');
      expect(await line(client)).toMatch(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}\r\n$/);
      client.socket.end();
      expect(await client.takeAll()).toHaveLength(0);
    });

    it('should count every line under its format and listener, and every connection once', async () => {
      const before = await daytime.metrics();
      using client = await TcpClient.connect(port);
      client.socket.end(`${formats.map((format) => `${format}\n`).join('')}junk\nwho\nhelp\n`);
      const lines = String(await client.takeAll()).split('\r\n');
      expect(lines[formats.length + 1]).toMatch(/^who /);
      expect(lines[formats.length + 2]).toMatch(/^A request is the name of a format/);
      await eventually(async () => {
        const metrics = await daytime.metrics();
        const counted = (listener: string, format: string): number => {
          const series = { listener, format };
          return (
            metrics.value('l4_daytime_replies_total', series) -
            before.value('l4_daytime_replies_total', series)
          );
        };
        expect(formats.map((format) => counted('session-tcp', format))).toEqual(
          formats.map((format) => (format === 'rfc867' ? 2 : 1)),
        );
        expect(formats.map((format) => counted('daytime-tcp', format))).toEqual(formats.map(() => 0));
        expect(metrics.value('l4_tcp_connections_open', labels)).toBe(0);
        expect(tcpImbalance(metrics, 'session-tcp')).toBe(0);
      });
    });
  });

  it('should use FORMAT and TZ when a request names no format', async () => {
    await using daytime = await openLocal({ FORMAT: 'iso8601', TZ: 'Asia/Kathmandu' });
    using client = await TcpClient.connect(daytime.portOf('session-tcp'));
    client.socket.write('\n');
    expect(await line(client)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+05:45\r\n$/);
  });

  it('should end a session with an error and FIN when a request is longer than MAX_REQUEST', async () => {
    await using daytime = await openLocal({ MAX_REQUEST: '16' });
    using client = await TcpClient.connect(daytime.portOf('session-tcp'));
    client.socket.write(`${'x'.repeat(16)}\n`);
    expect(parseDaytime(await line(client), { format: 'rfc867' })).toBeDefined();
    client.socket.write('x'.repeat(17));
    expect(String(await client.takeAll())).toBe(
      'error: request longer than 16 bytes; send the name of a format, or help\r\n',
    );
    expect(await client.ended).toBe('FIN');
    await expectClosed(daytime, 'protocol', 1);
  });

  it('should end by FIN after IDLE_TIMEOUT without a request, and not before', async () => {
    await using daytime = await openLocal({ IDLE_TIMEOUT: '300ms' });
    using client = await TcpClient.connect(daytime.portOf('session-tcp'));
    const askedAt = performance.now();
    client.socket.write('timestamp\n');
    await line(client);
    expect(await client.ended).toBe('FIN');
    // The service checks deadlines ten times within the timeout.
    expect(performance.now() - askedAt).toBeGreaterThan(250);
    await expectClosed(daytime, 'idle', 1);
  });

  it('should end an idle session by FIN at SIGTERM, and count it as drained', async () => {
    await using daytime = await start({ DRAIN_TIMEOUT: '1h' });
    using silent = await TcpClient.connect(daytime.port('session-tcp'));
    using idle = await TcpClient.connect(daytime.port('session-tcp'), { host: '::1' });
    idle.socket.write('timestamp\n');
    await line(idle);
    const exited = daytime.stop();
    expect(await Promise.all([silent.ended, idle.ended])).toEqual(['FIN', 'FIN']);
    expect(await exited).toEqual({ code: 0, signal: null });
  });

  it('should not open where SESSION_PORT is 0', async () => {
    await using daytime = await openLocalDaytime({ TCP_ENGINE });
    expect(() => daytime.portOf('session-tcp')).toThrow('no listener session-tcp');
    const metrics = daytime.metrics();
    expect(metrics.value('l4_tcp_connections_accepted_total', labels)).toBe(0);
  });

  it('should answer a bare word soon after the gap when the machine is idle', async () => {
    await using daytime = await openLocal();
    using client = await TcpClient.connect(daytime.portOf('session-tcp'));
    const took: number[] = [];
    // On a busy machine a single request may take longer.
    await eventually(async () => {
      const askedAt = performance.now();
      client.socket.write('timestamp');
      await client.take(1);
      took.push(performance.now() - askedAt);
      expect(took.at(-1)).toBeLessThan(30);
    });
    // The gap is 10 ms.
    expect(Math.min(...took)).toBeGreaterThan(9);
  });

  it('should be refused when two listeners share a TCP port', () => {
    // Several workers share ports: the kernel would hand each connection to either listener.
    const env = { PORT: '7013', SESSION_PORT: '7013', WORKERS: '2' };
    expect(() =>
      readConfig(keys, { env, args: [] }, (config) => listenerProblems(listeners, config)),
    ).toThrow(
      'PORT=7013 and SESSION_PORT=7013 are one TCP port for two listeners; give each its own, or set SESSION_PORT=0',
    );
  });
});
