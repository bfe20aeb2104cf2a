import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { MAX_HELD_BYTES } from '../src/faults/held-replies.ts';
import { certain, expectClosed, openFaulty } from './fixtures/faulty-listener.ts';

describeTcpEngines((tcpEngine) => {
  describe.concurrent('a connection whose replies are held back', () => {
    it('should fall silent in a stall, and say all it held when that ends', async () => {
      const { local, inject } = await openFaulty({}, { tcpEngine });
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
      await expectClosed(local, { client: 2 });
    });

    it('should not outlive its idle timeout in a stall', async () => {
      const { local } = await openFaulty(certain('stall'), { tcpEngine, idleTimeout: 200 });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      expect(await client.ended).toBe('FIN');
      expect(client.receivedBytes).toBe(0);
      await expectClosed(local, { idle: 1 });
    });

    it('should get what is held at once when the faults end', async () => {
      const { local, inject } = await openFaulty(certain('delay', 60_000), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      await local.received(4);
      inject({});
      expect((await client.take(4)).toString()).toBe('ping');
      client.socket.end();
      await expectClosed(local, { client: 1 });
    });

    it('should be forgotten with what it held when its client goes', async () => {
      const { local } = await openFaulty(certain('delay', 60_000), { tcpEngine });
      await using _local = local;
      const clients = await Promise.all([1, 2, 3].map(() => TcpClient.connect(local.port)));
      for (const client of clients) client.socket.write('ping');
      await local.received(12);
      for (const client of clients) client.socket.resetAndDestroy();
      await expectClosed(local, { reset: 3 });
    });

    it('should get what it is owed before its FIN in a drain, and what it asks for meanwhile', async () => {
      const { local } = await openFaulty(certain('delay', 1_000), { tcpEngine });
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
      await expectClosed(local, { drain: 1 });
    });

    it('should not hold up a drain for longer than that may take', async () => {
      const { local } = await openFaulty(certain('stall'), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      await local.received(4);
      await local.listener.drain(300);
      await expectClosed(local, { drain: 1 });
    });

    it('should be bounded in what it holds: a client that goes on sending is not read from', async () => {
      const { local } = await openFaulty(certain('stall'), { tcpEngine });
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
        tcpEngine,
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
  });
});
