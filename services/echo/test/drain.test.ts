import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { listeners } from '../src/listeners.ts';
import { openLocalEcho } from './fixtures/local-echo.ts';

/** In a drain, a connection that is quiet for longer gets FIN. */
const DRAIN_QUIET_MS = 225;

describeTcpEngines((TCP_ENGINE) => {
  describe.concurrent('drain of open connections', () => {
    it('should deliver all unsent bytes, and then FIN', async () => {
      await using echo = await ServiceProcess.start('echo', { TCP_ENGINE });
      const payload = randomBytes(6 * 1024 * 1024);
      using client = await TcpClient.connect(echo.port('echo-tcp'), { reading: false });
      client.socket.write(payload);
      // The whole payload is sent first, so that a pause cannot be taken for the end.
      await eventually(() => expect(client.socket.writableLength).toBe(0));
      const exited = echo.stop();
      await echo.logged('draining');
      client.socket.resume();
      expect((await client.takeAll()).equals(payload)).toBe(true);
      expect(await client.ended).toBe('FIN');
      expect(await exited).toEqual({ code: 0, signal: null });
    });

    it('should end idle connections by FIN, whatever DRAIN_TIMEOUT is', async () => {
      await using echo = await openLocalEcho({
        TCP_ENGINE,
        HOST: '127.0.0.1,::1',
        PORT: `${await freePort()}`,
      });
      using silent = await TcpClient.connect(echo.port);
      using quiet = await TcpClient.connect(echo.port, { host: '::1' });
      await quiet.ask('ping');
      const drained = echo.drain(3_600_000);
      expect(await Promise.all([silent.ended, quiet.ended])).toEqual(['FIN', 'FIN']);
      await drained;
    });

    it('should end busy conversations without losing a byte', async () => {
      await using echo = await openLocalEcho({ TCP_ENGINE });
      const { port } = echo;
      const conversations = Array.from({ length: 10 }, async (_, number) => {
        using client = await TcpClient.connect(port);
        let asked = 0;
        let [before, last] = [0, 0];
        while (!client.socket.readableEnded && !client.socket.destroyed) {
          [before, last] = [last, performance.now()];
          asked += 4;
          await client.ask('ping');
          await delay(15 + number);
          // Reads a FIN that arrived while this process was not running, before the next request.
          await setImmediate();
        }
        // If the machine paused, this client was quiet itself, and the FIN may have crossed its last request.
        const wasBusy = last - before < DRAIN_QUIET_MS;
        return { end: await client.ended, lost: wasBusy ? asked - client.receivedBytes : 0 };
      });
      const { sentBytes } = echo.counters(listeners)['echo-tcp'];
      await eventually(() => expect(sentBytes.value).toBeGreaterThan(400));
      const drained = echo.drain(2_000);
      expect(await Promise.all(conversations)).toEqual(conversations.map(() => ({ end: 'FIN', lost: 0 })));
      await drained;
    });

    it('should end in spite of a peer that never closes, at DRAIN_TIMEOUT', async () => {
      await using echo = await openLocalEcho({ TCP_ENGINE });
      using stubborn = await TcpClient.connect(echo.port, { halfOpen: true });
      await stubborn.ask('ping');
      const start = performance.now();
      const drained = echo.drain(1_000);
      expect(await stubborn.ended).toBe('FIN');
      await drained;
      expect(performance.now() - start).toBeGreaterThan(990);
    });
  });
});

describe.concurrent('DRAIN_DELAY', () => {
  it('should keep serving, also UDP and new connections', async () => {
    await using echo = await ServiceProcess.start('echo', { DRAIN_DELAY: '1h' });
    const port = echo.port('echo-tcp');
    using old = await TcpClient.connect(port);
    await old.ask('ping');
    echo.child.kill('SIGTERM');
    await echo.logged('draining');
    expect(await old.ask('still served')).toBe('still served');
    using late = await TcpClient.connect(port);
    expect(await late.ask('new and served')).toBe('new and served');
    await using udp = await UdpClient.open();
    expect(String(await udp.ask('served too', echo.port('echo-udp')))).toBe('served too');
    expect(await echo.status('/readyz')).toBe(503);
  });

  it('should end before any client is refused, also over UDP', async () => {
    const delayMs = 1_000;
    await using echo = await ServiceProcess.start('echo', { DRAIN_DELAY: `${delayMs}ms` });
    const port = echo.port('echo-tcp');
    using holding = await TcpClient.connect(port, { halfOpen: true });
    await holding.ask('ping');
    // Connected, so that the end of the service causes an error instead of silence.
    const udp = createSocket('udp4');
    udp.connect(echo.port('echo-udp'), '127.0.0.1');
    await once(udp, 'connect');
    const refused = new Promise((resolve) => udp.on('error', resolve));
    const asking = setInterval(() => udp.send('ping'), 20);

    const start = performance.now();
    const exited = echo.stop();
    expect(await holding.ended).toBe('FIN');
    expect(await refused).toMatchObject({ code: 'ECONNREFUSED' });
    expect(performance.now() - start).toBeGreaterThan(delayMs - 10);
    clearInterval(asking);
    udp.close();
    using tooLate = new TcpClient(port);
    expect(await tooLate.ended).toBe('ECONNREFUSED');
    holding.socket.end();
    expect(await exited).toEqual({ code: 0, signal: null });
  });
});
