import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { Random } from '../../../tests/harness/random.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import type { TcpProtocol } from '../src/tcp/connection.ts';
import { certain, expectClosed, openFaulty } from './fixtures/faulty-listener.ts';

describeTcpEngines((tcpEngine) => {
  describe.concurrent('a connection with faults', () => {
    it('should get its replies at once without faults', async () => {
      const { local } = await openFaulty({}, { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      expect(await client.ask('ping')).toBe('ping');
      client.socket.end();
      expect(await client.ended).toBe('FIN');
      await expectClosed(local, { client: 1 });
    });

    it('should get delayed replies late', async () => {
      const { local } = await openFaulty(certain('delay', 80), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      const askedAt = performance.now();
      expect(await client.ask('ping')).toBe('ping');
      // A timer may fire up to 1 ms early by another clock.
      expect(performance.now() - askedAt).toBeGreaterThanOrEqual(79);
    });

    it('should get the written bytes when the buffer is reused', async () => {
      const reusing: TcpProtocol = (connection) => ({
        data(chunk) {
          connection.write(chunk);
          chunk.fill('x');
        },
        end: () => connection.end(),
      });
      const { local } = await openFaulty(certain('delay', 20), { tcpEngine }, reusing);
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      expect(await client.ask('good')).toBe('good');
    });

    it('should get replies in order, and the FIN last, for any jitter', async () => {
      const { local } = await openFaulty(
        { ...certain('jitter', 40), delay: { probability: 0.5, ms: 20 } },
        { tcpEngine },
      );
      await using _local = local;
      const random = new Random(11);
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          using client = await TcpClient.connect(local.port, { halfOpen: true });
          const chunks = Array.from({ length: 30 }, () => random.bytes(1 + random.below(5_000)));
          for (const chunk of chunks) {
            client.socket.write(chunk);
            await new Promise((resolve) => setImmediate(resolve));
          }
          client.socket.end();
          expect((await client.takeAll()).equals(Buffer.concat(chunks))).toBe(true);
          expect(await client.ended).toBe('FIN');
        }),
      );
      await expectClosed(local, { client: 10 });
    });

    it('should carry a large transfer through a delay without error, and hold little of it', async () => {
      const { local } = await openFaulty(certain('delay', 5), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port, { halfOpen: true });
      const payload = new Random(3).bytes(4 * 1024 * 1024);
      client.socket.end(payload);
      const returned = await client.takeAll();
      expect(returned.equals(payload)).toBe(true);
      await expectClosed(local, { client: 1 });
    });

    it('should miss the lost replies only', async () => {
      const { local, inject } = await openFaulty(certain('loss'), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('lost');
      await local.received(4);
      inject({});
      expect(await client.ask('ping')).toBe('ping');
    });

    it('should get a duplicated reply twice', async () => {
      const { local } = await openFaulty(certain('duplicate'), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      expect((await client.take(8)).toString()).toBe('pingping');
    });

    it('should get the first half of a truncated reply, and FIN', async () => {
      const { local } = await openFaulty(certain('truncate'), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('half gone');
      expect((await client.takeAll()).toString()).toBe('half');
      expect(await client.ended).toBe('FIN');
      await expectClosed(local, { fault: 1 });
    });

    it('should be reset in place of a reply', async () => {
      const { local } = await openFaulty(certain('reset'), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      expect(await client.ended).toBe('ECONNRESET');
      expect(client.receivedBytes).toBe(0);
      await expectClosed(local, { fault: 1 });
    });

    it('should be reset at once, even when earlier replies are unread', async () => {
      const { local, inject } = await openFaulty({}, { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port, { reading: false });
      const payload = Buffer.alloc(16 * 1024 * 1024);
      client.socket.write(payload);
      await eventually(() => expect(local.connections[0]?.pendingBytes).toBeGreaterThan(0));
      inject(certain('reset'));
      client.socket.resume();
      expect(await client.ended).toBe('ECONNRESET');
      await expectClosed(local, { fault: 1 });
    });

    it('should be refused before its first byte, and change no other counter', async () => {
      const { local, inject } = await openFaulty(certain('refuse'), { tcpEngine });
      await using _local = local;
      using refused = new TcpClient(local.port);
      expect(await refused.ended).toBe('ECONNRESET');
      expect(local.counters.refused.fault.value).toBe(1);
      inject({});
      using client = await TcpClient.connect(local.port);
      expect(await client.ask('ping')).toBe('ping');
      expect(local.counters.accepted.value).toBe(1);
    });

    it('should be counted exactly while all faults happen at once', async () => {
      // With so many connections every fault happens: the chance that one does not is 1 in 10^15.
      const chance = { probability: 0.3, ms: 10 };
      const { local, inject } = await openFaulty(
        {
          ...{ delay: chance, jitter: chance, loss: chance, duplicate: chance, corrupt: chance },
          ...{ truncate: chance, reset: chance, stall: chance, refuse: chance },
        },
        { tcpEngine },
      );
      await using _local = local;
      const random = new Random(5);
      const CLIENTS = 100;
      await Promise.all(
        Array.from({ length: CLIENTS }, async (_, index) => {
          using client = new TcpClient(local.port);
          const connected = new Promise((resolve) => client.socket.once('connect', resolve));
          await Promise.race([connected, client.ended]);
          for (let message = 0; message < 5; message += 1) {
            client.socket.write(random.bytes(100));
            await new Promise((resolve) => setImmediate(resolve));
          }
          client.socket.end();
          // Some clients leave early. The others wait for all their replies, also through a stall.
          if (index % 4 > 0)
            await eventually(() => expect(client.socket.destroyed).toBe(true), 1_000).catch(() => {});
        }),
      );
      inject({});
      await eventually(() => {
        expect(local.counters.open.value).toBe(0);
        expect(local.connectionLimit.total).toBe(0);
      });
      const { accepted, refused } = local.counters;
      const ended = Object.values(local.closed).reduce((sum, count) => sum + count, 0);
      expect(accepted.value).toBe(ended);
      expect(accepted.value + refused.fault.value).toBe(CLIENTS);
      expect(local.closed.fault).toBeGreaterThan(0);
      expect(refused.fault.value).toBeGreaterThan(0);
    });
  });
});
