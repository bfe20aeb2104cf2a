import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

describe.concurrent('drain of open connections', () => {
  it('should deliver all that is owed, and then FIN', async () => {
    await using echo = await ServiceProcess.start('echo');
    const payload = randomBytes(6 * 1024 * 1024);
    using client = await TcpClient.connect(echo.port('echo-tcp'), { reading: false });
    client.socket.write(payload);
    // All is under way, so that nobody's pause can be taken for the end.
    await eventually(() => expect(client.socket.writableLength).toBe(0));
    const exited = echo.stop();
    await echo.logged('draining');
    client.socket.resume();
    expect((await client.takeAll()).equals(payload)).toBe(true);
    expect(await client.ended).toBe('FIN');
    expect(await exited).toEqual({ code: 0, signal: null });
  });

  it('should end idle connections by FIN, long before DRAIN_TIMEOUT', async () => {
    await using echo = await ServiceProcess.start('echo', { DRAIN_TIMEOUT: '15s' });
    using silent = await TcpClient.connect(echo.port('echo-tcp'));
    using quiet = await TcpClient.connect(echo.port('echo-tcp'), { host: '::1' });
    await quiet.ask('ping');
    const start = performance.now();
    const exited = echo.stop();
    expect(await Promise.all([silent.ended, quiet.ended])).toEqual(['FIN', 'FIN']);
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('should end busy conversations without losing a byte', async () => {
    await using echo = await ServiceProcess.start('echo', { DRAIN_TIMEOUT: '2s' });
    const port = echo.port('echo-tcp');
    const conversations = Array.from({ length: 10 }, async (_, number) => {
      using client = await TcpClient.connect(port);
      let asked = 0;
      while (!client.socket.readableEnded) {
        asked += 4;
        await client.ask('ping');
        await delay(15 + number);
        // A FIN that came while this process was not running is seen before the next question.
        await setImmediate();
      }
      return { end: await client.ended, lost: asked - client.receivedBytes };
    });
    await eventually(async () => {
      const metrics = await echo.metrics();
      expect(metrics.value('l4_tcp_sent_bytes_total', { listener: 'echo-tcp' })).toBeGreaterThan(400);
    });
    const exited = echo.stop();
    expect(await Promise.all(conversations)).toEqual(conversations.map(() => ({ end: 'FIN', lost: 0 })));
    expect(await exited).toEqual({ code: 0, signal: null });
  });

  it('should end in spite of a peer that never closes, at DRAIN_TIMEOUT', async () => {
    await using echo = await ServiceProcess.start('echo', { DRAIN_TIMEOUT: '1s' });
    using stubborn = await TcpClient.connect(echo.port('echo-tcp'), { halfOpen: true });
    await stubborn.ask('ping');
    const start = performance.now();
    const exited = echo.stop();
    expect(await stubborn.ended).toBe('FIN');
    expect(await exited).toEqual({ code: 0, signal: null });
    const elapsed = performance.now() - start;
    expect(elapsed).toBeGreaterThan(990);
    expect(elapsed).toBeLessThan(5_000);
  });
});

describe.concurrent('DRAIN_DELAY', () => {
  it('should serve on, UDP and new connections too, until it is over, and then refuse', async () => {
    const delayMs = 1_000;
    await using echo = await ServiceProcess.start('echo', {
      DRAIN_DELAY: `${delayMs}ms`,
      DRAIN_TIMEOUT: '2s',
    });
    const port = echo.port('echo-tcp');
    using holding = await TcpClient.connect(port, { halfOpen: true });
    await holding.ask('ping');

    // Connected, so that the end of the service comes as an error instead of silence.
    const udp = createSocket('udp4');
    udp.connect(echo.port('echo-udp'), '127.0.0.1');
    await once(udp, 'connect');
    let lastAnswerAt = 0;
    udp.on('message', () => {
      lastAnswerAt = performance.now();
    });
    const udpRefused = new Promise<string | undefined>((resolve) => {
      udp.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });

    const exited = echo.stop();
    await echo.logged('draining');
    const start = performance.now();
    expect(await holding.ask('still served')).toBe('still served');
    using late = await TcpClient.connect(port);
    expect(await late.ask('new and served')).toBe('new and served');
    expect(await echo.status('/readyz')).toBe(503);

    const asking = setInterval(() => udp.send('ping'), 20);
    expect(await late.ended).toBe('FIN');
    expect(await udpRefused).toBe('ECONNREFUSED');
    clearInterval(asking);
    udp.close();
    expect(lastAnswerAt - start).toBeGreaterThan(0.8 * delayMs);

    using tooLate = new TcpClient(port);
    expect(await tooLate.ended).toBe('ECONNREFUSED');
    holding.socket.end();
    expect(await exited).toEqual({ code: 0, signal: null });
  });
});
