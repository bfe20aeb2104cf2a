import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tcpImbalance } from '../../../tests/harness/balance.ts';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';

describeTcpEngines((TCP_ENGINE) => {
  const MIB = 1024 * 1024;
  const labels = { listener: 'echo-tcp' };

  let echo: ServiceProcess;
  beforeAll(async () => {
    echo = await ServiceProcess.start('echo', { TCP_ENGINE });
  });
  afterAll(async () => {
    await echo[Symbol.asyncDispose]();
  });

  /** Reads little at a time. After each read it pauses long enough for every buffer on the way to fill. */
  async function readSlowly(client: TcpClient, total: number): Promise<void> {
    for (let wanted = 0; wanted < total; ) {
      wanted = Math.min(total, wanted + MIB / 2);
      client.socket.resume();
      while (client.receivedBytes < wanted) await once(client.socket, 'data');
      client.socket.pause();
      await delay(15);
    }
    client.socket.resume();
  }

  describe.each(['127.0.0.1', '::1'])('TCP echo over %s', (host) => {
    it('should send 10 MiB back unmodified to a client that reads slowly', async () => {
      const payload = randomBytes(10 * MIB);
      using client = await TcpClient.connect(echo.port('echo-tcp'), { host, reading: false });
      client.socket.write(payload);
      await readSlowly(client, payload.length);
      expect((await client.take(payload.length)).equals(payload)).toBe(true);
    });

    it('should send 10 MiB back after a half-close, and then FIN', async () => {
      const payload = randomBytes(10 * MIB);
      using client = await TcpClient.connect(echo.port('echo-tcp'), { host, reading: false });
      client.socket.end(payload);
      await readSlowly(client, payload.length);
      expect((await client.takeAll()).equals(payload)).toBe(true);
      expect(await client.ended).toBe('FIN');
    });

    it('should send everything back to a client that reads nothing before it has sent its FIN', async () => {
      const payload = randomBytes(MIB);
      using client = await TcpClient.connect(echo.port('echo-tcp'), { host, reading: false });
      client.socket.end(payload);
      await once(client.socket, 'finish');
      client.socket.resume();
      expect((await client.takeAll()).equals(payload)).toBe(true);
      expect(await client.ended).toBe('FIN');
    });
  });

  it('should keep many connections separate', async () => {
    const port = echo.port('echo-tcp');
    const answers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const payload = randomBytes(64 * 1024);
        using client = await TcpClient.connect(port);
        client.socket.end(payload);
        return (await client.takeAll()).equals(payload);
      }),
    );
    expect(answers).toEqual(answers.map(() => true));
  });

  it('should have counted every byte and every connection of all this', async () => {
    await eventually(async () => {
      const metrics = await echo.metrics();
      const received = metrics.value('l4_tcp_received_bytes_total', labels);
      expect(received).toBe(2 * (10 + 10 + 1) * MIB + 50 * 64 * 1024);
      expect(metrics.value('l4_tcp_sent_bytes_total', labels)).toBe(received);
      expect(metrics.value('l4_tcp_connections_open', labels)).toBe(0);
      expect(metrics.value('l4_tcp_connection_duration_seconds_count', labels)).toBe(56);
      const inAnHour = { ...labels, le: '3600' };
      expect(metrics.value('l4_tcp_connection_duration_seconds_bucket', inAnHour)).toBe(56);
      expect(metrics.value('l4_tcp_connections_accepted_total', labels)).toBe(56);
      expect(tcpImbalance(metrics, 'echo-tcp')).toBe(0);
    });
  });
});
