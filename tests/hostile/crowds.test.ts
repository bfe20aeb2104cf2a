import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Door, doors, Fleet } from './fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await Fleet.start();
});
afterAll(() => fleet[Symbol.asyncDispose]());

/** As many as one source may have: behind a proxy all of them announce the same client. */
const CROWD = 1_000;
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];
const from = (index: number): string => ADDRESSES[index % ADDRESSES.length]!;

/** Connects and resets at once, whatever the other side does. */
async function touch(door: Door, localAddress: string): Promise<void> {
  const socket = connect({ port: fleet.port(door), host: '127.0.0.1', localAddress });
  socket.on('error', () => {});
  socket.on('connect', () => socket.resetAndDestroy());
  await once(socket, 'close');
}

describe.each(doors)('$name', (door) => {
  it('should answer every one of 1,000 connections at once', async () => {
    const clients = await Promise.all(
      Array.from({ length: CROWD }, (_, index) => fleet.connect(door, { localAddress: from(index) })),
    );
    try {
      const answers = clients.map(async (client) => {
        client.socket.end(door.header + door.request);
        const answer = (await client.takeAll()).toString();
        return door.answer.test(answer) ? await client.ended : `${await client.ended} after ${answer}`;
      });
      expect(new Set(await Promise.all(answers))).toEqual(new Set(['FIN']));
    } finally {
      for (const client of clients) client.socket.destroy();
    }
    await fleet.emptied(door);
    await fleet.expectUnharmed([door]);
  });

  it('should survive a storm of connections that are reset at once', async () => {
    for (let wave = 0; wave < 4; wave += 1) {
      await Promise.all(Array.from({ length: 100 }, (_, index) => touch(door, from(index))));
    }
    await fleet.expectUnharmed([door]);
  });
});
