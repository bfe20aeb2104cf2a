import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../harness/eventually.ts';
import type { TcpClient } from '../../harness/tcp-client.ts';
import { type Door, doors } from './fleet.ts';
import { fleet } from './plain-fleet.ts';

interface Books {
  readonly accepted: number;
  readonly refused: number;
  readonly sentBytes: number;
}

async function booksOf(door: Door): Promise<Books> {
  const metrics = await fleet.metrics(door);
  const labels = { listener: door.listener };
  return {
    accepted: metrics.value('l4_tcp_connections_accepted_total', labels),
    refused: metrics.sum('l4_tcp_connections_refused_total', labels),
    sentBytes: metrics.value('l4_tcp_sent_bytes_total', labels),
  };
}

/** Every connection of the attack must be on the books, and nobody was refused. */
async function expectAccepted(door: Door, before: Books, connections: number): Promise<void> {
  await eventually(async () => {
    const after = await booksOf(door);
    expect(after.accepted - before.accepted).toBe(connections);
    expect(after.refused).toBe(before.refused);
  });
}

async function write({ socket }: TcpClient, bytes: string): Promise<void> {
  await new Promise((resolve) => socket.write(bytes, resolve));
}

async function reset({ socket }: TcpClient): Promise<void> {
  const closed = once(socket, 'close');
  socket.resetAndDestroy();
  await closed;
}

describe.each(doors)('$name', (door) => {
  it('should survive a reset after every byte of an exchange', async () => {
    const before = await booksOf(door);
    const exchange = door.header + door.request + door.request;
    await Promise.all(
      Array.from({ length: exchange.length + 1 }, async (_, sent) => {
        using client = await fleet.connect(door);
        if (sent > 0) await write(client, exchange.slice(0, sent));
        await reset(client);
      }),
    );
    await expectAccepted(door, before, exchange.length + 1);
    await fleet.expectUnharmed([door]);
  });

  it('should survive a reset while answers wait to be read', async () => {
    const before = await booksOf(door);
    const requests = Buffer.from(door.header + door.request.repeat(1_000));
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    const attack = Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        using client = await fleet.connect(door, { reading: false });
        client.socket.write(requests);
        // Half of them go once something is there to be read, the others at any moment before.
        if (index % 2 === 0) await answered;
        await reset(client);
      }),
    );
    await eventually(async () => {
      expect((await booksOf(door)).sentBytes).toBeGreaterThan(before.sentBytes);
    });
    resolve();
    await attack;
    await expectAccepted(door, before, 20);
    await fleet.expectUnharmed([door]);
  });

  it('should survive a reset after a FIN of either side', async () => {
    const before = await booksOf(door);
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        using client = await fleet.connect(door, { halfOpen: true });
        client.socket.write(door.header + door.request);
        const finished = once(client.socket, 'finish');
        client.socket.end();
        await finished;
        if (index % 2 === 0) expect(await client.ended).toBe('FIN');
        await reset(client);
      }),
    );
    await expectAccepted(door, before, 40);
    await fleet.expectUnharmed([door]);
  });

  it('should survive peers that are gone before it accepts them', async () => {
    const before = await booksOf(door);
    {
      using _halted = await fleet.process(door).halt();
      await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          using client = await fleet.connect(door);
          if (index % 2 === 0) client.socket.write(door.header + door.request);
          await reset(client);
        }),
      );
    }
    await expectAccepted(door, before, 100);
    await fleet.expectUnharmed([door]);
  });
});
