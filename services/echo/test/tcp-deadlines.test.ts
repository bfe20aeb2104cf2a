import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import type { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { openLocalEcho } from './fixtures/local-echo.ts';

describeTcpEngines((TCP_ENGINE) => {
  const MIB = 1024 * 1024;
  /** More than the kernel buffers for a client that does not read. */
  const payload = Buffer.alloc(16 * MIB, 'echo ');

  /** Waits until exactly these connections are closed, by reason, and the counters add up. */
  async function expectClosed(
    echo: LocalDataPlane | ServiceProcess,
    reasons: Readonly<Record<string, number>>,
    listener = 'echo-tcp',
  ): Promise<void> {
    await eventually(async () => {
      const metrics = await echo.metrics();
      for (const reason of [
        'client',
        'server',
        'idle',
        'write_timeout',
        'reset',
        'protocol',
        'drain',
        'error',
      ]) {
        const labels = { listener, reason };
        const closed = metrics.value('l4_tcp_connections_closed_total', labels);
        expect({ reason, closed }).toEqual({ reason, closed: reasons[reason] ?? 0 });
      }
      expect(tcpImbalance(metrics, listener)).toBe(0);
    });
  }

  describe.concurrent('WRITE_TIMEOUT', () => {
    it('should close a client that never reads, by RST', async () => {
      await using echo = await openLocalEcho({ TCP_ENGINE, WRITE_TIMEOUT: '400ms' });
      using client = await TcpClient.connect(echo.portOf('echo-tcp'), { reading: false });
      client.socket.write(payload);
      expect(['ECONNRESET', 'EPIPE']).toContain(await client.ended);
      await expectClosed(echo, { write_timeout: 1 });
    });

    it('should close a client that never reads and has ended its side', async () => {
      await using echo = await openLocalEcho({ TCP_ENGINE, WRITE_TIMEOUT: '400ms' });
      using client = await TcpClient.connect(echo.portOf('echo-tcp'), { reading: false });
      client.socket.end(payload);
      await expectClosed(echo, { write_timeout: 1 });
    });

    it('should not close a client that reads slowly, however late the kernel reports a writable socket', async () => {
      const writeTimeout = 2_000;
      await using echo = await openLocalEcho({ TCP_ENGINE, WRITE_TIMEOUT: `${writeTimeout}ms` });
      using client = await TcpClient.connect(echo.portOf('echo-tcp'), { reading: false });
      client.socket.write(payload);
      // The kernel reports the socket writable only when a third of its 4 MiB send buffer is free: after more than 3 s.
      const bytesPerMs = 400;
      const start = performance.now();
      let allowance = 0;
      client.socket.on('data', () => {
        if (client.receivedBytes >= allowance) client.socket.pause();
      });
      for (let elapsed = 0; elapsed < 2.5 * writeTimeout; elapsed = performance.now() - start) {
        allowance = elapsed * bytesPerMs;
        if (client.receivedBytes < allowance) client.socket.resume();
        await delay(40);
      }
      await expectClosed(echo, {});
      allowance = Number.POSITIVE_INFINITY;
      client.socket.end();
      client.socket.resume();
      expect((await client.takeAll()).equals(payload)).toBe(true);
      expect(await client.ended).toBe('FIN');
      await expectClosed(echo, { client: 1 });
    });
  });

  describe.concurrent('IDLE_TIMEOUT', () => {
    it('should close a connection without traffic, by FIN', async () => {
      await using echo = await openLocalEcho({ TCP_ENGINE, IDLE_TIMEOUT: '300ms' });
      using silent = await TcpClient.connect(echo.portOf('echo-tcp'));
      using quiet = await TcpClient.connect(echo.portOf('echo-tcp'));
      await quiet.ask('once');
      expect(await Promise.all([silent.ended, quiet.ended])).toEqual(['FIN', 'FIN']);
      await expectClosed(echo, { idle: 2 });
    });
  });

  it('should not close a connection by IDLE_TIMEOUT as long as it has traffic', async () => {
    // The clock is fake and moves only when the test moves it; the sockets are real.
    vi.useFakeTimers({
      toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
    });
    onTestFinished(() => void vi.useRealTimers());
    await using echo = await openLocalEcho({ TCP_ENGINE, IDLE_TIMEOUT: '1s' });
    using client = await TcpClient.connect(echo.portOf('echo-tcp'));
    for (let asked = 0; asked < 4; asked += 1) {
      expect(await client.ask('tick')).toBe('tick');
      // The listener checks ten times within the timeout.
      vi.advanceTimersByTime(900);
    }
    expect(await client.ask('last')).toBe('last');
    await expectClosed(echo, {});
    vi.advanceTimersByTime(1_100);
    expect(await client.ended).toBe('FIN');
    await expectClosed(echo, { idle: 1 });
  });

  it.concurrent('should distinguish a client that ends from a client that resets', async () => {
    await using echo = await openLocalEcho({ TCP_ENGINE });
    using ending = await TcpClient.connect(echo.portOf('echo-tcp'));
    await ending.ask('bye');
    ending.socket.end();
    expect(await ending.ended).toBe('FIN');
    await expectClosed(echo, { client: 1 });
    using resetting = await TcpClient.connect(echo.portOf('echo-tcp'));
    await resetting.ask('bye');
    resetting.socket.resetAndDestroy();
    await expectClosed(echo, { client: 1, reset: 1 });
    // A client that resets while it has unsent replies and is not read any more.
    using stuck = await TcpClient.connect(echo.portOf('echo-tcp'), { reading: false });
    stuck.socket.write(payload);
    await eventually(async () => {
      const metrics = await echo.metrics();
      expect(metrics.value('l4_tcp_sent_bytes_total', { listener: 'echo-tcp' })).toBeGreaterThan(MIB);
    });
    stuck.socket.resetAndDestroy();
    await expectClosed(echo, { client: 1, reset: 2 });
  });

  it.concurrent('should recognize a client that resets before it is accepted, on either listener', async () => {
    const DIALOG_PORT = String(await freePort());
    await using echo = await ServiceProcess.start('echo', { TCP_ENGINE, DIALOG_PORT });
    const listeners = ['echo-tcp', 'dialog-tcp'];
    {
      using _halted = await echo.halt();
      for (const listener of listeners) {
        using client = await TcpClient.connect(echo.port(listener));
        client.socket.resetAndDestroy();
        await client.ended;
      }
    }
    for (const listener of listeners) await expectClosed(echo, { reset: 1 }, listener);
  });
});
