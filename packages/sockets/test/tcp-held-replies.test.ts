import { describe, expect, it } from 'vitest';
import { describeTcpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { TcpClient } from '../../../tests/harness/tcp-client.ts';
import { MAX_HELD_BYTES } from '../src/faults/held-replies.ts';
import { certain, expectClosed, openFaulty } from './fixtures/faulty-listener.ts';

describeTcpEngines((tcpEngine) => {
  describe.concurrent('a connection whose replies are held back', () => {
    it('should send nothing in a stall, and all held replies when the stall ends', async () => {
      const { local, inject } = await openFaulty({}, { tcpEngine });
      await using _local = local;
      using stalled = await TcpClient.connect(local.port, { halfOpen: true });
      expect(await stalled.ask('before')).toBe('before');
      inject(certain('stall'));
      stalled.socket.write('one');
      await local.received(9);
      // A stalled connection stays stalled, even when the next reply is not picked.
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

    it('should get the held replies at once when the faults end', async () => {
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

    it('should free its held replies when its client closes', async () => {
      const { local } = await openFaulty(certain('delay', 60_000), { tcpEngine });
      await using _local = local;
      const clients = await Promise.all([1, 2, 3].map(() => TcpClient.connect(local.port)));
      for (const client of clients) client.socket.write('ping');
      await local.received(12);
      for (const client of clients) client.socket.resetAndDestroy();
      await expectClosed(local, { reset: 3 });
    });

    it('should get its held replies before its FIN in a drain, and replies to requests meanwhile', async () => {
      const { local } = await openFaulty(certain('delay', 1_000), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      await local.received(4);
      const drained = local.listener.drain(15_000);
      // Long enough for a drain to end an idle connection without pending bytes.
      await new Promise((resolve) => setTimeout(resolve, 200));
      client.socket.write('pong');
      expect((await client.takeAll()).toString()).toBe('pingpong');
      expect(await client.ended).toBe('FIN');
      await drained;
      await expectClosed(local, { drain: 1 });
    });

    it('should not hold up a drain beyond its timeout', async () => {
      const { local } = await openFaulty(certain('stall'), { tcpEngine });
      await using _local = local;
      using client = await TcpClient.connect(local.port);
      client.socket.write('ping');
      await local.received(4);
      await local.listener.drain(300);
      await expectClosed(local, { drain: 1 });
    });

    it('should not read on from a client while its held replies are at the limit', async () => {
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

    it('should be reset when the held replies of all connections exceed the limit', async () => {
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
