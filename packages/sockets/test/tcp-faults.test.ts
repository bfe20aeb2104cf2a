import { type FaultName, type FaultSet, SharedFaults } from '@echo-daytime/worker';
import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { answering, LocalListener } from '../../../tests/harness/local-listener.ts';
import { Random } from '../../../tests/harness/random.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { MAX_HELD_BYTES } from '../src/faults/held-replies.ts';
import type { TcpProtocol } from '../src/tcp/connection.ts';
import type { TcpListenerOptions } from '../src/tcp/listener.ts';

describeTcpEngines((tcpEngine) => {
  const certain = (name: FaultName, ms = 0): FaultSet => ({ [name]: { probability: 1, ms } });

  async function openFaulty(
    set: FaultSet,
    options: Partial<TcpListenerOptions> = {},
    protocol: TcpProtocol = answering,
  ) {
    const faults = new SharedFaults(SharedFaults.memory());
    faults.write(set);
    const local = await LocalListener.open({ tcpEngine, ...options }, protocol, faults);
    return { local, inject: (next: FaultSet) => faults.write(next) };
  }

  async function expectBooks(local: LocalListener, closed: LocalListener['closed']): Promise<void> {
    await eventually(() => {
      expect(local.counters.open.value).toBe(0);
      expect(local.connectionLimit.total).toBe(0);
    });
    expect(local.closed).toEqual(closed);
    const ended = Object.values(local.closed).reduce((sum, count) => sum + count, 0);
    expect(local.counters.accepted.value).toBe(ended);
  }

  describe.concurrent('a connection that suffers', () => {
    it('should get its answers at once while nothing is injected', async () => {
      const { local } = await openFaulty({});
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      expect(await client.ask('ping')).toBe('ping');
      client.socket.end();
      expect(await client.ended).toBe('FIN');
      await expectBooks(local, { client: 1 });
    });

    it('should get its answers late', async () => {
      const { local } = await openFaulty(certain('delay', 80));
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      const askedAt = performance.now();
      expect(await client.ask('ping')).toBe('ping');
      // A timer may fire up to 1 ms early by another clock.
      expect(performance.now() - askedAt).toBeGreaterThanOrEqual(79);
    });

    it('should get what was written, whatever becomes of the buffer that it was in', async () => {
      const reusing: TcpProtocol = (connection) => ({
        data(chunk) {
          connection.write(chunk);
          chunk.fill('x');
        },
        end: () => connection.end(),
      });
      const { local } = await openFaulty(certain('delay', 20), {}, reusing);
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      expect(await client.ask('good')).toBe('good');
    });

    it('should get them in order, and the FIN last, whatever the jitter', async () => {
      const { local } = await openFaulty({ ...certain('jitter', 40), delay: { probability: 0.5, ms: 20 } });
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
      await expectBooks(local, { client: 10 });
    });

    it('should carry a large transfer unharmed through a delay, holding little of it', async () => {
      const { local } = await openFaulty(certain('delay', 5));
      await using _local = local;
      using client = await TcpClient.connect(local.port, { halfOpen: true });
      const payload = new Random(3).bytes(4 * 1024 * 1024);
      client.socket.end(payload);
      const returned = await client.takeAll();
      expect(returned.equals(payload)).toBe(true);
      await expectBooks(local, { client: 1 });
    });

    it('should miss lost answers alone', async () => {
      const { local, inject } = await openFaulty(certain('loss'));
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('lost');
      await local.received(4);
      inject({});
      expect(await client.ask('ping')).toBe('ping');
    });

    it('should get duplicated answers twice', async () => {
      const { local } = await openFaulty(certain('duplicate'));
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      expect((await client.take(8)).toString()).toBe('pingping');
    });

    it('should get the first half of a truncated answer, and FIN', async () => {
      const { local } = await openFaulty(certain('truncate'));
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('half gone');
      expect((await client.takeAll()).toString()).toBe('half');
      expect(await client.ended).toBe('FIN');
      await expectBooks(local, { fault: 1 });
    });

    it('should be reset in place of an answer', async () => {
      const { local } = await openFaulty(certain('reset'));
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      expect(await client.ended).toBe('ECONNRESET');
      expect(client.receivedBytes).toBe(0);
      await expectBooks(local, { fault: 1 });
    });

    it('should be reset at once, though it has not read what it was sent before', async () => {
      const { local, inject } = await openFaulty({});
      await using _local = local;
      using client = await TcpClient.connect(local.port, { reading: false });
      const payload = Buffer.alloc(16 * 1024 * 1024);
      client.socket.write(payload);
      await eventually(() => expect(local.connections[0]?.pendingBytes).toBeGreaterThan(0));
      inject(certain('reset'));
      client.socket.resume();
      expect(await client.ended).toBe('ECONNRESET');
      await expectBooks(local, { fault: 1 });
    });

    it('should be refused before it has said anything, and be on no other books', async () => {
      const { local, inject } = await openFaulty(certain('refuse'));
      await using _local = local;
      using refused = new TcpClient(local.port);
      expect(await refused.ended).toBe('ECONNRESET');
      expect(local.counters.refused.fault.value).toBe(1);
      inject({});
      using client = await TcpClient.connect(local.port);
      expect(await client.ask('ping')).toBe('ping');
      expect(local.counters.accepted.value).toBe(1);
    });

    it('should fall silent in a stall, and say all it held when that ends', async () => {
      const { local, inject } = await openFaulty({});
      await using _local = local;
      using stalled = await TcpClient.connect(local.port, { halfOpen: true });
      expect(await stalled.ask('before')).toBe('before');
      inject(certain('stall'));
      stalled.socket.write('one');
      await local.received(9);
      // What is already silent stays so, though the next answer would not be hit.
      inject({ stall: { probability: 1e-12, ms: 0 } });
      stalled.socket.write('two');
      stalled.socket.end();
      await local.received(12);
      using other = await TcpClient.connect(local.port);
      expect(await other.ask('ping')).toBe('ping');
      expect(stalled.receivedBytes).toBe(6);
      expect(local.counters.open.value).toBe(2);
      inject({});
      expect((await stalled.takeAll()).toString()).toBe('onetwo');
      expect(await stalled.ended).toBe('FIN');
      other.socket.end();
      await expectBooks(local, { client: 2 });
    });

    it('should not outlive its idle timeout in a stall', async () => {
      const { local } = await openFaulty(certain('stall'), { idleTimeout: 200 });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      expect(await client.ended).toBe('FIN');
      expect(client.receivedBytes).toBe(0);
      await expectBooks(local, { idle: 1 });
    });

    it('should get what is held at once when the faults end', async () => {
      const { local, inject } = await openFaulty(certain('delay', 60_000));
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      await local.received(4);
      inject({});
      expect((await client.take(4)).toString()).toBe('ping');
      client.socket.end();
      await expectBooks(local, { client: 1 });
    });

    it('should be forgotten with what it held when its client goes', async () => {
      const { local } = await openFaulty(certain('delay', 60_000));
      await using _local = local;
      const clients = await Promise.all([1, 2, 3].map(() => TcpClient.connect(local.port)));
      for (const client of clients) client.socket.write('ping');
      await local.received(12);
      for (const client of clients) client.socket.resetAndDestroy();
      await expectBooks(local, { reset: 3 });
    });

    it('should get what it is owed before its FIN in a drain, and what it asks for meanwhile', async () => {
      const { local } = await openFaulty(certain('delay', 1_000));
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      await local.received(4);
      const drained = local.listener.drain(15_000);
      // Long enough for a drain to take a connection for quiet that is owed nothing.
      await new Promise((resolve) => setTimeout(resolve, 200));
      client.socket.write('pong');
      expect((await client.takeAll()).toString()).toBe('pingpong');
      expect(await client.ended).toBe('FIN');
      await drained;
      await expectBooks(local, { drain: 1 });
    });

    it('should not hold up a drain for longer than that may take', async () => {
      const { local } = await openFaulty(certain('stall'));
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      await local.received(4);
      await local.listener.drain(300);
      await expectBooks(local, { drain: 1 });
    });

    it('should be bounded in what it holds: a client that goes on sending is not read from', async () => {
      const { local } = await openFaulty(certain('stall'));
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write(Buffer.alloc(32 * 1024 * 1024));
      await local.received(256 * 1024);
      let before = -1;
      while (before !== local.counters.receivedBytes.value) {
        before = local.counters.receivedBytes.value;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(before).toBeLessThan(1024 * 1024);
      expect(before).toBeLessThan(MAX_HELD_BYTES);
      expect(local.connections[0]?.isOpen).toBe(true);
    });

    it('should be reset when all connections together hold more than they may', async () => {
      const { local } = await openFaulty(certain('stall'), {
        maxConnections: 1_000,
        maxConnectionsPerSource: 1_000,
      });
      await using _local = local;
      const perConnection = 256 * 1024;
      const connections = MAX_HELD_BYTES / perConnection + 8;
      const clients = Array.from({ length: connections }, () => new TcpClient(local.port));
      for (const client of clients) client.socket.write(Buffer.alloc(perConnection));
      await eventually(() => expect(local.counters.receivedBytes.value).toBeGreaterThan(MAX_HELD_BYTES));
      await eventually(() => expect(local.closed.fault).toBeGreaterThan(0));
      const held = local.connections.filter(({ isOpen }) => isOpen).map(({ pendingBytes }) => pendingBytes);
      expect(held.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(MAX_HELD_BYTES);
      for (const client of clients) client[Symbol.dispose]();
    });

    it('should keep exact books in a storm of everything', async () => {
      // With so many connections each happens; that one does not is a matter of 1 in 10^15.
      const chance = { probability: 0.3, ms: 10 };
      const { local, inject } = await openFaulty({
        ...{ delay: chance, jitter: chance, loss: chance, duplicate: chance, corrupt: chance },
        ...{ truncate: chance, reset: chance, stall: chance, refuse: chance },
      });
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
          // Some go in the middle of it, the others wait for what they are owed, however long it is stalled.
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
