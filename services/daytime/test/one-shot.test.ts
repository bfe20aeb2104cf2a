import { once } from 'node:events';
import { parseDaytime } from '@echo-daytime/daytime-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import type { Metrics } from '../../../tests/harness/metrics.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { openLocalDaytime } from './fixtures/local-daytime.ts';

describeTcpEngines((TCP_ENGINE) => {
  const labels = { listener: 'daytime-tcp' };
  const ONE_LINE = /^[\x20-\x7e]+\r\n$/;

  function closedBy(metrics: Metrics, reason: string): number {
    return metrics.value('l4_tcp_connections_closed_total', { ...labels, reason });
  }

  function expectNow(line: string): void {
    expect(line).toMatch(ONE_LINE);
    const ms = Number(parseDaytime(line).instant / 1_000_000n);
    expect(Math.abs(ms - Date.now())).toBeLessThan(2_000);
  }

  describe('daytime over TCP', () => {
    let daytime: ServiceProcess;
    let port: number;
    beforeAll(async () => {
      daytime = await ServiceProcess.start('daytime', { TCP_ENGINE });
      port = daytime.port('daytime-tcp');
    });
    afterAll(async () => {
      await daytime[Symbol.asyncDispose]();
    });

    it.each(['127.0.0.1', '::1'])(
      'should send one line over %s, without a request, and then FIN',
      async (host) => {
        using client = await TcpClient.connect(port, { host });
        expectNow((await client.takeAll()).toString());
        expect(await client.ended).toBe('FIN');
      },
    );

    it('should send its line and FIN, no RST, to a client that sends 1 MiB first', async () => {
      using client = new TcpClient(port, { reading: false, halfOpen: true });
      client.socket.write(Buffer.alloc(1024 * 1024, 'what time is it? '));
      await once(client.socket, 'connect');
      // The service reads and discards it, or this write would never finish.
      await eventually(() => expect(client.socket.writableLength).toBe(0));
      client.socket.resume();
      expectNow((await client.takeAll()).toString());
      expect(await client.ended).toBe('FIN');
      client.socket.end();
      const [hadError] = await once(client.socket, 'close');
      expect(hadError).toBe(false);
    });

    it('should discard bytes that arrive after its FIN, without RST', async () => {
      using client = await TcpClient.connect(port, { halfOpen: true });
      await client.takeAll();
      for (let count = 0; count < 16; count += 1) {
        const written = new Promise<Error | null | undefined>((resolve) => {
          client.socket.write(Buffer.alloc(64 * 1024), resolve);
        });
        expect((await written) ?? undefined).toBeUndefined();
      }
      client.socket.end();
      const [hadError] = await once(client.socket, 'close');
      expect(hadError).toBe(false);
    });

    it('should send its line to a client that ends its side at once', async () => {
      using client = new TcpClient(port);
      client.socket.end();
      expectNow((await client.takeAll()).toString());
      expect(await client.ended).toBe('FIN');
    });

    it('should have closed all these connections itself, and counted each line once', async () => {
      await eventually(async () => {
        const metrics = await daytime.metrics();
        expect(metrics.value('l4_tcp_connections_accepted_total', labels)).toBe(5);
        expect(metrics.value('l4_tcp_connections_open', labels)).toBe(0);
        expect(metrics.sum('l4_tcp_connections_closed_total', labels)).toBe(5);
        expect(closedBy(metrics, 'reset')).toBe(0);
        expect(closedBy(metrics, 'server')).toBe(5);
        expect(tcpImbalance(metrics, 'daytime-tcp')).toBe(0);
        expect(metrics.value('l4_daytime_replies_total', { ...labels, format: 'rfc867' })).toBe(5);
        expect(metrics.sum('l4_daytime_replies_total')).toBe(5);
        expect(metrics.value('l4_tcp_received_bytes_total', labels)).toBe(2 * 1024 * 1024);
      });
    });
  });

  it('should close a connection that stays half-open after its FIN, when the linger is over', async () => {
    await using daytime = await openLocalDaytime({ TCP_ENGINE });
    using client = await TcpClient.connect(daytime.portOf('daytime-tcp'), { halfOpen: true });
    const start = performance.now();
    expectNow((await client.takeAll()).toString());
    expect(await client.ended).toBe('FIN');
    expect(daytime.metrics().value('l4_tcp_connections_open', labels)).toBe(1);
    const metrics = await eventually(() => {
      const scrape = daytime.metrics();
      expect(scrape.value('l4_tcp_connections_open', labels)).toBe(0);
      return scrape;
    });
    // Long enough for a FIN over a bad path, and far shorter than IDLE_TIMEOUT, so that such connections do not pile up.
    expect(performance.now() - start).toBeGreaterThan(4_000);
    expect(closedBy(metrics, 'server')).toBe(1);
    expect(tcpImbalance(metrics, 'daytime-tcp')).toBe(0);
  });
});
