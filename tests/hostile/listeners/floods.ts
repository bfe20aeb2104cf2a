import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { TcpClient } from '../../harness/tcp-client.ts';
import { type Door, doors } from './fleet.ts';
import { fleet } from './plain-fleet.ts';

/** As many as one source may have; what is the same for all listeners, fewer show. */
const crowdOf = ({ name }: Door) => (name === 'echo-tcp' ? 1_000 : 100);

/** Says its say as soon as it is there: the deadlines of a dialog and of a proxy's header wait for nobody else. */
async function speak(door: Door): Promise<TcpClient> {
  const client = await fleet.connect(door);
  client.socket.write(door.header + door.request);
  return client;
}

/** What the client gets, in a word where it is right. */
async function outcome(door: Door, client: TcpClient): Promise<string> {
  client.socket.end();
  const answer = (await client.takeAll()).toString();
  return door.answer.test(answer) ? await client.ended : `${await client.ended} after ${answer}`;
}

/** How many there are of each. */
function tally(outcomes: readonly string[]): Record<string, number> {
  const alike = Object.entries(Object.groupBy(outcomes, (outcome) => outcome));
  return Object.fromEntries(alike.map(([outcome, those = []]) => [outcome, those.length]));
}

/** Connects and resets at once, whatever the other side does. */
async function touch(door: Door): Promise<void> {
  const socket = connect(fleet.port(door), '127.0.0.1');
  socket.on('error', () => {});
  socket.on('connect', () => socket.resetAndDestroy());
  await once(socket, 'close');
}

describe.each(doors)('$name', (door) => {
  const crowd = crowdOf(door);

  it(`should answer every one of ${crowd} connections at once`, async () => {
    // From no address of their own choice: to find a port for one takes the kernel milliseconds once thousands have left.
    const clients = await Promise.all(Array.from({ length: crowd }, () => speak(door)));
    try {
      const outcomes = await Promise.all(clients.map((client) => outcome(door, client)));
      expect(tally(outcomes)).toEqual({ FIN: crowd });
    } finally {
      for (const client of clients) client.socket.destroy();
    }
    await fleet.emptied(door);
    await fleet.expectUnharmed([door]);
  });

  it('should survive a storm of connections that are reset at once', async () => {
    for (let wave = 0; wave < 2; wave += 1) {
      await Promise.all(Array.from({ length: 100 }, () => touch(door)));
    }
    await fleet.expectUnharmed([door]);
  });
});
