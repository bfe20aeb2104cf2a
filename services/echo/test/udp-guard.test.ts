import { describe, expect, it, type TestContext } from 'vitest';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openEcho } from '../src/worker.ts';

/** A client on a privileged port; the test is skipped if this user may not bind it. */
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
  readonly dropped: Readonly<Record<string, number>>;
}

class LocalEcho implements AsyncDisposable {
  readonly #echo: LocalDataPlane;

  static async open(env: Readonly<Record<string, string>>): Promise<LocalEcho> {
    return new LocalEcho(await LocalDataPlane.open(openEcho, keys, { TCP: 'off', DIALOG_PORT: '0', ...env }));
  }

  private constructor(echo: LocalDataPlane) {
    this.#echo = echo;
  }

  get port(): number {
    return this.#echo.port;
  }

  /** Resolves when this many datagrams were received and each was answered or dropped. */
  async counts(received: number): Promise<Counts> {
    const udp = this.#echo.counters(listeners)['echo-udp'];
    return await eventually(() => {
      const dropped = Object.entries(udp.dropped)
        .map(([reason, { value }]) => [reason, value] as const)
        .filter(([, value]) => value > 0);
      const accounted = dropped.reduce((sum, [, value]) => sum + value, udp.sent.value);
      expect([udp.received.value, accounted]).toEqual([received, received]);
      return { received, sent: udp.sent.value, dropped: Object.fromEntries(dropped) };
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#echo[Symbol.asyncDispose]();
  }
}

describeUdpEngines('UDP echo', (UDP_ENGINE) => {
  describe('LOOP_GUARD', () => {
    // Addresses that no other test uses, so that the ports are free.
    for (const [name, address, port] of [
      ['7, echo', '127.0.0.5', 7],
      ['7, echo, over IPv6', '::1', 7],
      ['1023, the last privileged port', '127.0.0.5', 1023],
      ['2049, NFS', '127.0.0.5', 2049],
    ] as const) {
      it(`should drop datagrams from port ${name}, and serve others`, async (context) => {
        const HOST = address === '::1' ? '::1' : '127.0.0.1';
        await using forged = await openOrSkip(context, address, port);
        await using echo = await LocalEcho.open({ UDP_ENGINE, HOST });
        await using other = await UdpClient.open(address === '::1' ? '::1' : '127.0.0.2');
        forged.send('loop', echo.port, HOST);
        expect(String(await other.ask('served', echo.port, HOST))).toBe('served');
        expect(await echo.counts(2)).toMatchObject({ sent: 1, dropped: { source_port: 1 } });
        expect(forged.answers).toEqual([]);
      });
    }

    it('should drop datagrams from its own port number, and serve others', async () => {
      await using echo = await LocalEcho.open({ UDP_ENGINE });
      await using twin = await UdpClient.open('127.0.0.2', echo.port);
      await using other = await UdpClient.open('127.0.0.2');
      twin.send('loop', echo.port);
      expect(String(await other.ask('served', echo.port))).toBe('served');
      expect(await echo.counts(2)).toMatchObject({ sent: 1, dropped: { source_port: 1 } });
      expect(twin.answers).toEqual([]);
    });

    it('should serve every port when it is off', async (context) => {
      await using client = await openOrSkip(context, '127.0.0.6', 7);
      await using echo = await LocalEcho.open({ UDP_ENGINE, LOOP_GUARD: 'off' });
      await using twin = await UdpClient.open('127.0.0.2', echo.port);
      expect(String(await client.ask('from 7', echo.port))).toBe('from 7');
      expect(String(await twin.ask('from your port', echo.port))).toBe('from your port');
      expect(await echo.counts(2)).toEqual({ received: 2, sent: 2, dropped: {} });
    });
  });

  describe('RATE_PER_SOURCE', () => {
    const rate = 10;
    const burst = 2 * rate;

    it('should drop datagrams over the rate, serve other sources, and serve again later', async () => {
      await using echo = await LocalEcho.open({ UDP_ENGINE, RATE_PER_SOURCE: String(rate) });
      await using noisy = await UdpClient.open('127.0.0.1');
      await using other = await UdpClient.open('127.0.0.2');
      const start = performance.now();
      const flood = 200;
      for (let count = 0; count < flood; count += 1) noisy.send('x', echo.port);
      expect(String(await other.ask('served', echo.port))).toBe('served');
      const { sent } = await echo.counts(flood + 1);
      const seconds = (performance.now() - start) / 1_000;
      expect(sent).toBeGreaterThanOrEqual(burst + 1);
      expect(sent).toBeLessThanOrEqual(burst + 1 + rate * seconds);

      // A token returns within 1/rate seconds. Each datagram is handled before the next is sent.
      let received = flood + 1;
      await eventually(async () => {
        noisy.send('again', echo.port);
        received += 1;
        expect((await echo.counts(received)).sent).toBe(sent + 1);
      });
      const { dropped } = await echo.counts(received);
      expect(dropped).toEqual({ rate: received - sent - 1 });
      await eventually(() => expect(noisy.answers).toHaveLength(sent));
    });

    it('should apply one rate to a source, whatever ports it sends from', async () => {
      await using echo = await LocalEcho.open({ UDP_ENGINE, RATE_PER_SOURCE: '1' });
      await using stack = new AsyncDisposableStack();
      const clients = await Promise.all(Array.from({ length: 20 }, () => UdpClient.open()));
      for (const client of clients) stack.use(client);
      const start = performance.now();
      for (const client of clients) client.send('x', echo.port);
      const { sent } = await echo.counts(clients.length);
      expect(sent).toBeGreaterThanOrEqual(2);
      expect(sent).toBeLessThanOrEqual(2 + (performance.now() - start) / 1_000);
    });

    it('should drop nothing at 0', async () => {
      await using echo = await LocalEcho.open({ UDP_ENGINE, RATE_PER_SOURCE: '0' });
      await using client = await UdpClient.open();
      for (let count = 0; count < 3_000; count += 1) {
        client.send('x', echo.port);
        if (count % 100 === 99) await eventually(() => expect(client.answers).toHaveLength(count + 1));
      }
      expect(await echo.counts(3_000)).toEqual({ received: 3_000, sent: 3_000, dropped: {} });
    });
  });
});
