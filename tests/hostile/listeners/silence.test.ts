import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../harness/eventually.ts';
import type { TcpClient } from '../../harness/tcp-client.ts';
import { type Door, doors, Fleet } from './fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start({ IDLE_TIMEOUT: '1s', DIALOG_READ_TIMEOUT: '1s', WRITE_TIMEOUT: '1s' });
});
afterAll(() => fleet[Symbol.asyncDispose]());

const CLIENTS_PER_KIND = 10;
/** More than the kernel takes on the way to a peer that does not read: of echoes, and of longer answers. Bytes. */
const ECHO_FLOOD_BYTES = 16 * 1024 * 1024;
const REQUEST_FLOOD_BYTES = 2 * 1024 * 1024;
/**
 * The wait for a proxy's header, the deadline of the conversation, and how long a FIN may stay unanswered: 3 s, 1 s
 * and 5 s, and the grain of the clocks. Milliseconds.
 */
const GONE_MS = 14_000;

function flood({ listener, header }: Door): Buffer {
  const bytes = listener === 'echo-tcp' ? ECHO_FLOOD_BYTES : REQUEST_FLOOD_BYTES;
  return Buffer.concat([Buffer.from(header), Buffer.alloc(bytes, 'junk\n')]);
}

async function expectEmpty(attacked: readonly Door[]): Promise<void> {
  await eventually(async () => {
    for (const door of attacked) {
      const labels = { listener: door.listener };
      expect((await fleet.metrics(door)).value('l4_tcp_connections_open', labels), door.name).toBe(0);
    }
  }, GONE_MS);
}

it.concurrent('should rid itself of every peer that stops half-way and never ends its side', async () => {
  const clients: TcpClient[] = [];
  const open = async (door: Door, sent: string | Buffer, reading: boolean): Promise<void> => {
    const client = await fleet.connect(door, { reading, halfOpen: true });
    clients.push(client);
    if (sent.length > 0) client.socket.write(sent);
  };
  try {
    for (const door of doors) {
      const exchange = door.header + door.request;
      const beginnings = [
        '',
        'P',
        door.header.slice(0, -1),
        door.header,
        exchange.slice(0, -1),
        exchange,
        `${exchange}more`,
      ];
      await Promise.all(
        Array.from({ length: CLIENTS_PER_KIND }, (_, index) =>
          Promise.all(beginnings.map((sent) => open(door, sent, index % 2 === 0))),
        ),
      );
    }
    await Promise.all(doors.map((door) => open(door, flood(door), false)));
    // None of them keeps an ordinary client from being served.
    await Promise.all(doors.map((door) => fleet.serve(door)));
    await expectEmpty(doors);
  } finally {
    for (const client of clients) client.socket.destroy();
  }
  await fleet.expectUnharmed();
});

it.concurrent('should end a silent conversation by FIN, not by RST', async () => {
  await Promise.all(
    doors.map(async (door) => {
      using client = await fleet.connect(door);
      const end = await Promise.race([client.ended, delay(GONE_MS, 'still open', { ref: false })]);
      expect(end, door.name).toBe('FIN');
    }),
  );
});
