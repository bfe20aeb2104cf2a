import { parseDaytime } from '@echo-daytime/daytime-format';
import { listenerProblems, readConfig } from '@echo-daytime/runtime';
import { expect, it } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import type { Metrics } from '../../../tests/harness/metrics.ts';
import { v1Header, v2Header } from '../../../tests/harness/proxy-header-bytes.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openLocalDaytime } from './fixtures/local-daytime.ts';

describeTcpEngines((TCP_ENGINE) => {
  const CLIENT = { address: '192.0.2.1', port: 4711 };

  function closedBy(metrics: Metrics, listener: string, reason: string): number {
    return metrics.value('l4_tcp_connections_closed_total', { listener, reason });
  }

  function expectNow(line: string): void {
    expect(line).toMatch(/^[\x20-\x7e]+\r\n$/);
    const { instant } = parseDaytime(line, { format: 'rfc867' });
    expect(Math.abs(Number(instant / 1_000_000n) - Date.now())).toBeLessThan(2_000);
  }

  it('should send the time right after the header of a trusted proxy, and nothing before it', async () => {
    await using daytime = await openLocalDaytime({
      TCP_ENGINE,
      HOST: '127.0.0.1,::1',
      PORT: String(await freePort()),
      PROXY_PROTOCOL: 'required',
      TRUSTED_PROXIES: '127.0.0.1,::1',
    });
    const port = daytime.portOf('daytime-tcp');
    for (const [host, header] of [
      ['127.0.0.1', v1Header(CLIENT)],
      ['::1', v2Header(CLIENT)],
    ] as const) {
      using client = await TcpClient.connect(port, { host });
      client.socket.write(header.subarray(0, -1));
      await eventually(() => {
        const received = daytime.metrics().value('l4_tcp_received_bytes_total', {
          listener: 'daytime-tcp',
        });
        expect(received).toBeGreaterThanOrEqual(header.length - 1);
      });
      expect(client.receivedBytes).toBe(0);
      client.socket.write(header.subarray(-1));
      expectNow(String(await client.takeAll()));
      expect(await client.ended).toBe('FIN');
    }
    using untrusted = await TcpClient.connect(port, { localAddress: '127.0.0.2' });
    expect(await untrusted.takeAll()).toHaveLength(0);
    expect(await untrusted.ended).toBe('FIN');
    await eventually(() => {
      const metrics = daytime.metrics();
      expect(closedBy(metrics, 'daytime-tcp', 'server')).toBe(2);
      expect(closedBy(metrics, 'daytime-tcp', 'protocol')).toBe(1);
      expect(metrics.sum('l4_daytime_replies_total', { listener: 'daytime-tcp' })).toBe(2);
      expect(metrics.value('l4_tcp_connections_open', { listener: 'daytime-tcp' })).toBe(0);
      expect(tcpImbalance(metrics, 'daytime-tcp')).toBe(0);
    });
  });

  it('should refuse by the announced client, and serve sessions through a proxy', async () => {
    await using daytime = await openLocalDaytime({
      TCP_ENGINE,
      SESSION_PORT: String(await freePort()),
      PROXY_PROTOCOL: 'required',
      TRUSTED_PROXIES: '127.0.0.0/8',
      MAX_CONNECTIONS_PER_SOURCE: '1',
      DENY: '192.0.2.66',
    });
    const port = daytime.portOf('session-tcp');
    using first = await TcpClient.connect(port);
    first.socket.write(Buffer.concat([v2Header(CLIENT), Buffer.from('timestamp\n')]));
    expect(String(await first.take(12))).toMatch(/^\d{10}\r\n$/);
    for (const address of [CLIENT.address, '192.0.2.66']) {
      using refused = await TcpClient.connect(port, { localAddress: '127.0.0.2' });
      refused.socket.write(v1Header({ address, port: 1 }));
      expect(await refused.ended).toBe('ECONNRESET');
    }
    const metrics = daytime.metrics();
    const refusals = (reason: string): number =>
      metrics.value('l4_tcp_connections_refused_total', { listener: 'session-tcp', reason });
    expect(refusals('max_per_source')).toBe(1);
    expect(refusals('denied')).toBe(1);
    expect(metrics.value('l4_tcp_connections_accepted_total', { listener: 'session-tcp' })).toBe(1);
    expect(tcpImbalance(metrics, 'session-tcp')).toBe(0);
  });

  it('should end a client that has sent half a header by FIN at SIGTERM', async () => {
    await using daytime = await ServiceProcess.start('daytime', {
      TCP_ENGINE,
      PROXY_PROTOCOL: 'required',
      TRUSTED_PROXIES: '127.0.0.1',
      DRAIN_TIMEOUT: '15s',
    });
    using client = await TcpClient.connect(daytime.port('daytime-tcp'));
    client.socket.write('PROXY TCP4 ');
    await eventually(async () => {
      const metrics = await daytime.metrics();
      expect(metrics.value('l4_tcp_received_bytes_total', { listener: 'daytime-tcp' })).toBe(11);
    });
    const exited = daytime.stop();
    expect(await client.takeAll()).toHaveLength(0);
    expect(await client.ended).toBe('FIN');
    expect(await exited).toEqual({ code: 0, signal: null });
  });

  it('should be refused where it trusts no proxy', () => {
    const reading = () =>
      readConfig(keys, { env: { PROXY_PROTOCOL: 'required' }, args: [] }, (config) =>
        listenerProblems(listeners, config),
      );
    expect(reading).toThrow(
      "PROXY_PROTOCOL=required trusts no proxy while TRUSTED_PROXIES is empty; name the proxies' networks",
    );
  });
});
