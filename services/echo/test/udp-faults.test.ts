import { type FaultSet, SharedFaults } from '@echo-daytime/worker';
import { describe, expect, it } from 'vitest';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { freePort } from '../../../tests/harness/free-port.ts';
import { LocalDataPlane } from '../../../tests/harness/local-data-plane.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { keys } from '../src/config.ts';
import { listeners } from '../src/listeners.ts';
import { openEcho } from '../src/worker.ts';

describeUdpEngines('an echo over UDP', (UDP_ENGINE) => {
  async function openFaulty(set: FaultSet) {
    const faults = new SharedFaults(SharedFaults.memory());
    faults.write(set);
    const env = { TCP: 'off', DIALOG_PORT: '0', RATE_PER_SOURCE: '0', UDP_ENGINE };
    const echo = await LocalDataPlane.open(openEcho, keys, env, faults);
    const udp = echo.counters(listeners)['echo-udp'];
    const received = (count: number) => eventually(() => expect(udp.received.value).toBe(count));
    return { echo, udp, received };
  }

  describe.concurrent('faults', () => {
    it('should send delayed replies before a drain closes the socket, and count them', async () => {
      const { echo, udp, received } = await openFaulty({ delay: { probability: 1, ms: 60_000 } });
      await using client = await UdpClient.open();
      for (const text of ['one', 'two', '']) client.send(text, echo.port);
      await received(3);
      expect(client.answers).toEqual([]);
      await echo.drain(1_000);
      await eventually(() => expect(client.answers.map(String).sort()).toEqual(['', 'one', 'two']));
      expect(udp.sent.value).toBe(3);
      expect(udp.sentBytes.value).toBe(6);
    });

    it('should count a duplicated reply once', async () => {
      const { echo, udp } = await openFaulty({ duplicate: { probability: 1, ms: 0 } });
      await using _echo = echo;
      await using client = await UdpClient.open();
      client.send('ping', echo.port);
      await eventually(() => expect(client.answers.map(String)).toEqual(['ping', 'ping']));
      expect([udp.received.value, udp.sent.value, udp.sentBytes.value]).toEqual([1, 1, 4]);
    });

    it('should lose the configured share, with counters that add up, under many datagrams', async () => {
      const chance = { probability: 0.3, ms: 5 };
      const { echo, udp, received } = await openFaulty({
        ...{
          delay: chance,
          jitter: chance,
          loss: chance,
          duplicate: chance,
          corrupt: chance,
          truncate: chance,
        },
      });
      await using _echo = echo;
      await using client = await UdpClient.open();
      const DATAGRAMS = 2_000;
      for (let sent = 0; sent < DATAGRAMS; sent += 100) {
        for (let index = 0; index < 100; index += 1) client.send(Buffer.alloc(index), echo.port);
        await received(sent + 100);
      }
      await eventually(() => expect(udp.sent.value + udp.dropped.fault.value).toBe(DATAGRAMS));
      // Six standard deviations of a binomial distribution.
      const tolerance = 6 * Math.sqrt(DATAGRAMS * 0.3 * 0.7);
      expect(Math.abs(udp.dropped.fault.value - DATAGRAMS * 0.3)).toBeLessThan(tolerance);
      await eventually(() => expect(client.answers.length).toBeGreaterThan(udp.sent.value));
    });
  });
});

it('should be injected in every worker once the admin request is answered', async () => {
  const WORKERS = 2;
  const env = {
    FAULTS: 'on',
    WORKERS: `${WORKERS}`,
    PORT: `${await freePort()}`,
    HOST: '127.0.0.1',
    TCP: 'off',
  };
  await using echo = await ServiceProcess.start('echo', env);
  const url = `${echo.adminUrl}/faults/echo-udp`;
  // The kernel spreads clients over the workers by their ports. One worker gets all of them once in 2^39 runs.
  const clients = await Promise.all(Array.from({ length: 40 }, () => UdpClient.open()));
  await using stack = new AsyncDisposableStack();
  for (const client of clients) stack.use(client);
  const count = async (name: string, labels = {}) =>
    (await echo.metrics()).value(name, { listener: 'echo-udp', ...labels });

  const headers = { 'content-type': 'application/json' };
  await fetch(url, { method: 'PUT', headers, body: '{"loss":{}}' });
  for (const client of clients) client.send('lost', echo.port('echo-udp'));
  await eventually(async () => {
    expect(await count('l4_udp_datagrams_dropped_total', { reason: 'fault' })).toBe(clients.length);
  });
  await fetch(url, { method: 'DELETE' });
  for (const client of clients) client.send('back', echo.port('echo-udp'));
  await eventually(() =>
    expect(clients.map(({ answers }) => answers.join())).toEqual(clients.map(() => 'back')),
  );
  await eventually(async () => expect(await count('l4_udp_datagrams_sent_total')).toBe(clients.length));
});
