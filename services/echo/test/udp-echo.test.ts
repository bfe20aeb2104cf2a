import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { udpImbalance } from '../../../tests/harness/balance.ts';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';

const SIZES = [0, 1, 1472, 8192, 65_507];
const labels = { listener: 'echo-udp' };

describeUdpEngines('UDP echo', (UDP_ENGINE) => {
  let echo: ServiceProcess;
  beforeAll(async () => {
    echo = await ServiceProcess.start('echo', { UDP_ENGINE });
  });
  afterAll(async () => {
    await echo[Symbol.asyncDispose]();
  });

  describe.each(['127.0.0.1', '::1'])('over %s', (host) => {
    it.each(SIZES)('should send a datagram of %d bytes back, unmodified', async (size) => {
      await using client = await UdpClient.open(host);
      const payload = randomBytes(size);
      const answer = await client.ask(payload, echo.port('echo-udp'), host);
      expect(answer.length).toBe(size);
      expect(answer.equals(payload)).toBe(true);
    });
  });

  it('should send each datagram back to its own sender, once', async () => {
    const port = echo.port('echo-udp');
    const clients = await Promise.all(Array.from({ length: 20 }, () => UdpClient.open()));
    try {
      const expected = clients.map((_, client) =>
        Array.from({ length: 10 }, (_, datagram) => `client ${client}, datagram ${datagram}`),
      );
      clients.forEach((client, index) => {
        for (const text of expected[index] ?? []) client.send(text, port);
      });
      const answers = () => clients.map((client) => client.answers.map(String).sort());
      await eventually(() => expect(answers()).toEqual(expected));
      // A reply that was sent twice would arrive before the reply to one more request.
      for (const client of clients) await client.ask('last', port);
      expect(answers()).toEqual(expected.map((texts) => [...texts, 'last']));
    } finally {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    }
  });

  it('should have counted every datagram and byte of all this', async () => {
    // The last reply arrives before it is counted.
    const metrics = await eventually(async () => {
      const scraped = await echo.metrics();
      expect(udpImbalance(scraped, 'echo-udp')).toBe(0);
      return scraped;
    });
    const datagrams = 2 * SIZES.length + 20 * 11;
    expect(metrics.value('l4_udp_datagrams_received_total', labels)).toBe(datagrams);
    expect(metrics.value('l4_udp_datagrams_sent_total', labels)).toBe(datagrams);
    const bytes = metrics.value('l4_udp_received_bytes_total', labels);
    expect(bytes).toBeGreaterThan(2 * SIZES.reduce((sum, size) => sum + size));
    expect(metrics.value('l4_udp_sent_bytes_total', labels)).toBe(bytes);
  });
});
