import { describe, expect, it, type TestContext } from 'vitest';
import { udpImbalance } from '../../../tests/harness/balance.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { describeEngines } from '../../../tests/harness/udp-engines.ts';

/** A client on a port of the system's; the test shows as skipped where this user may not have it. */
async function openOrSkip(context: TestContext, address: string, port: number): Promise<UdpClient> {
  try {
    return await UdpClient.open(address, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    return context.skip(`this user may not send from port ${port}: run as root`);
  }
}

interface Counts {
  readonly received: number;
  readonly sent: number;
  readonly dropped?: Readonly<Record<string, number>>;
}

async function expectCounts(echo: ServiceProcess, expected: Counts): Promise<void> {
  await eventually(async () => {
    const metrics = await echo.metrics();
    const labels = { listener: 'echo-udp' };
    expect(metrics.value('l4_udp_datagrams_received_total', labels)).toBe(expected.received);
    expect(metrics.value('l4_udp_datagrams_sent_total', labels)).toBe(expected.sent);
    for (const reason of ['rate', 'source_port', 'source_address', 'too_short', 'send_error']) {
      const dropped = metrics.value('l4_udp_datagrams_dropped_total', { ...labels, reason });
      expect({ reason, dropped }).toEqual({ reason, dropped: expected.dropped?.[reason] ?? 0 });
    }
    expect(udpImbalance(metrics, 'echo-udp')).toBe(0);
  });
}

describeEngines('UDP echo', (UDP_ENGINE) => {
  // Addresses of their own, so that no other test needs the same port of the same address.
  describe.concurrent('LOOP_GUARD', () => {
    for (const [name, address, port] of [
      ['7, echo', '127.0.0.5', 7],
      ['7, echo, over IPv6', '::1', 7],
      ['1023, the last of the system', '127.0.0.5', 1023],
      ['2049, NFS', '127.0.0.5', 2049],
    ] as const) {
      it(`should drop what comes from port ${name}, and serve others`, async (context) => {
        await using forged = await openOrSkip(context, address, port);
        await using echo = await ServiceProcess.start('echo', { UDP_ENGINE });
        await using other = await UdpClient.open(address === '::1' ? '::1' : '127.0.0.2');
        const target = address === '::1' ? '::1' : '127.0.0.1';
        forged.send('loop', echo.port('echo-udp'), target);
        expect(String(await other.ask('served', echo.port('echo-udp'), target))).toBe('served');
        await expectCounts(echo, { received: 2, sent: 1, dropped: { source_port: 1 } });
        expect(forged.answers).toEqual([]);
      });
    }

    it('should drop what comes from the port it listens on itself, and serve others', async () => {
      await using echo = await ServiceProcess.start('echo', { UDP_ENGINE });
      const port = echo.port('echo-udp');
      await using twin = await UdpClient.open('127.0.0.2', port);
      await using other = await UdpClient.open('127.0.0.2');
      twin.send('loop', port);
      expect(String(await other.ask('served', port))).toBe('served');
      await expectCounts(echo, { received: 2, sent: 1, dropped: { source_port: 1 } });
      expect(twin.answers).toEqual([]);
    });

    it('should serve every port when it is off', async (context) => {
      await using client = await openOrSkip(context, '127.0.0.6', 7);
      await using echo = await ServiceProcess.start('echo', { UDP_ENGINE, LOOP_GUARD: 'off' });
      const port = echo.port('echo-udp');
      await using twin = await UdpClient.open('127.0.0.2', port);
      expect(String(await client.ask('from 7', port))).toBe('from 7');
      expect(String(await twin.ask('from your port', port))).toBe('from your port');
      await expectCounts(echo, { received: 2, sent: 2 });
    });
  });

  describe.concurrent('RATE_PER_SOURCE', () => {
    const rate = 10;
    const burst = 2 * rate;

    it('should drop what is over the rate, serve other sources, and serve again later', async () => {
      await using echo = await ServiceProcess.start('echo', { UDP_ENGINE, RATE_PER_SOURCE: String(rate) });
      const port = echo.port('echo-udp');
      await using noisy = await UdpClient.open('127.0.0.1');
      await using other = await UdpClient.open('127.0.0.2');
      const start = performance.now();
      const flood = 200;
      for (let count = 0; count < flood; count += 1) noisy.send('x', port);
      expect(String(await other.ask('served', port))).toBe('served');
      const { received, sent, dropped } = await eventually(async () => {
        const metrics = await echo.metrics();
        const labels = { listener: 'echo-udp' };
        const counts = {
          received: metrics.value('l4_udp_datagrams_received_total', labels),
          sent: metrics.value('l4_udp_datagrams_sent_total', labels),
          dropped: metrics.value('l4_udp_datagrams_dropped_total', { ...labels, reason: 'rate' }),
        };
        expect(counts.received).toBe(flood + 1);
        expect(counts.sent + counts.dropped).toBe(counts.received);
        return counts;
      });
      const seconds = (performance.now() - start) / 1_000;
      expect(sent).toBeGreaterThanOrEqual(burst + 1);
      expect(sent).toBeLessThanOrEqual(burst + 1 + rate * seconds);
      await eventually(() => expect(noisy.answers).toHaveLength(sent - 1));

      // A token comes back within 1/rate seconds.
      let retries = 0;
      await eventually(() => {
        if (noisy.answers.length === sent - 1) {
          noisy.send('again', port);
          retries += 1;
        }
        expect(noisy.answers.length).toBe(sent);
      });
      await expectCounts(echo, {
        received: received + retries,
        sent: sent + 1,
        dropped: { rate: dropped + retries - 1 },
      });
    });

    it('should hold a source to one rate whatever ports it sends from', async () => {
      await using echo = await ServiceProcess.start('echo', { UDP_ENGINE, RATE_PER_SOURCE: '1' });
      const port = echo.port('echo-udp');
      const clients = await Promise.all(Array.from({ length: 20 }, () => UdpClient.open()));
      try {
        const start = performance.now();
        for (const client of clients) client.send('x', port);
        const sent = await eventually(async () => {
          const metrics = await echo.metrics();
          expect(metrics.value('l4_udp_datagrams_received_total', { listener: 'echo-udp' })).toBe(20);
          expect(udpImbalance(metrics, 'echo-udp')).toBe(0);
          return metrics.value('l4_udp_datagrams_sent_total', { listener: 'echo-udp' });
        });
        expect(sent).toBeGreaterThanOrEqual(2);
        expect(sent).toBeLessThanOrEqual(2 + (performance.now() - start) / 1_000);
      } finally {
        await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
      }
    });

    it('should let everything through at 0', async () => {
      await using echo = await ServiceProcess.start('echo', { UDP_ENGINE, RATE_PER_SOURCE: '0' });
      await using client = await UdpClient.open();
      for (let count = 0; count < 3_000; count += 1) {
        client.send('x', echo.port('echo-udp'));
        if (count % 100 === 99) await eventually(() => expect(client.answers).toHaveLength(count + 1));
      }
      await expectCounts(echo, { received: 3_000, sent: 3_000 });
    });
  });
});
