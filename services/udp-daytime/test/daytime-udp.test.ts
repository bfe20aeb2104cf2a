import { parseDaytime } from '@echo-daytime/daytime-format';
import { expect, it } from 'vitest';
import { udpImbalance } from '../../../tests/harness/balance.ts';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { keys } from '../src/config.ts';
import { openUdpDaytime } from '../src/worker.ts';

const labels = { listener: 'daytime-udp' };
const ONE_LINE = /^[\x20-\x7e]+\r\n$/;

function openLocal(env: Readonly<Record<string, string>>): Promise<LocalDataPlane> {
  return LocalDataPlane.open(openUdpDaytime, keys, env);
}

async function expectCounts(
  service: LocalDataPlane,
  expected: { readonly received: number; readonly sent: number; readonly dropped?: Record<string, number> },
): Promise<void> {
  await eventually(() => {
    const metrics = service.metrics();
    expect(metrics.value('l4_udp_datagrams_received_total', labels)).toBe(expected.received);
    expect(metrics.value('l4_udp_datagrams_sent_total', labels)).toBe(expected.sent);
    expect(metrics.sum('l4_daytime_replies_total', labels)).toBe(expected.sent);
    for (const reason of ['rate', 'source_port', 'source_address', 'too_short', 'send_error']) {
      const dropped = metrics.value('l4_udp_datagrams_dropped_total', { ...labels, reason });
      expect({ reason, dropped }).toEqual({ reason, dropped: expected.dropped?.[reason] ?? 0 });
    }
    expect(udpImbalance(metrics, 'daytime-udp')).toBe(0);
  });
}

describeUdpEngines('UDP daytime', (UDP_ENGINE) => {
  it.each(['127.0.0.1', '::1'])('should answer any datagram over %s with one line of now', async (host) => {
    await using service = await openLocal({ UDP_ENGINE, HOST: host });
    const port = service.portOf('daytime-udp');
    await using client = await UdpClient.open(host);
    const requests = ['', '\n', 'what time is it?', Buffer.alloc(1472, 0xff), Buffer.alloc(65_507)];
    let bytes = 0;
    for (const request of requests) {
      const line = String(await client.ask(request, port, host));
      bytes += line.length;
      expect(line).toMatch(ONE_LINE);
      const ms = Number(parseDaytime(line, { format: 'rfc867' }).instant / 1_000_000n);
      expect(Math.abs(ms - Date.now())).toBeLessThan(2_000);
    }
    await expectCounts(service, { received: requests.length, sent: requests.length });
    expect(client.answers).toHaveLength(requests.length);
    expect(service.metrics().value('l4_udp_sent_bytes_total', labels)).toBe(bytes);
  });

  it('should drop requests shorter than MIN_REQUEST_BYTES', async () => {
    await using service = await openLocal({ UDP_ENGINE, MIN_REQUEST_BYTES: '10' });
    const port = service.portOf('daytime-udp');
    await using client = await UdpClient.open();
    client.send('', port);
    client.send('123456789', port);
    expect(String(await client.ask('1234567890', port))).toMatch(ONE_LINE);
    await expectCounts(service, { received: 3, sent: 1, dropped: { too_short: 2 } });
    expect(client.answers).toHaveLength(1);
  });

  it('should apply the rate to a source, and not count datagrams that were dropped for other reasons', async () => {
    await using service = await openLocal({
      UDP_ENGINE,
      RATE_PER_SOURCE: '1',
      MIN_REQUEST_BYTES: '1',
    });
    const port = service.portOf('daytime-udp');
    await using client = await UdpClient.open();
    await using guarded = await UdpClient.open('127.0.0.4', 2049);
    for (let count = 0; count < 10; count += 1) {
      client.send('', port);
      guarded.send('x', port);
    }
    await client.ask('x', port);
    await client.ask('x', port);
    client.send('x', port);
    await expectCounts(service, {
      received: 23,
      sent: 2,
      dropped: { too_short: 10, source_port: 10, rate: 1 },
    });
    expect(guarded.answers).toEqual([]);
  });

  it('should not answer another daytime server', async (context) => {
    let server: UdpClient;
    try {
      server = await UdpClient.open('127.0.0.4', 13);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
      return context.skip('this user may not send from port 13: run as root');
    }
    await using forged = server;
    await using service = await openLocal({ UDP_ENGINE });
    await using other = await UdpClient.open('127.0.0.2');
    forged.send('', service.portOf('daytime-udp'));
    await other.ask('', service.portOf('daytime-udp'));
    await expectCounts(service, { received: 2, sent: 1, dropped: { source_port: 1 } });
    expect(forged.answers).toEqual([]);
  });

  it('should report the port that is in use and its key', async () => {
    await using taken = await UdpClient.open();
    const { port } = taken.socket.address();
    await expect(openLocal({ UDP_ENGINE, PORT: String(port) })).rejects.toThrow(
      `daytime-udp: can't listen on 127.0.0.1 port ${port}: the port is in use; stop what uses it or set PORT (EADDRINUSE)`,
    );
  });
});
