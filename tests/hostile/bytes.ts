import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { hostileSeed, Random } from '../harness/random.ts';
import type { TcpClient } from '../harness/tcp-client.ts';
import { type Door, doors } from './listeners/fleet.ts';
import { answerTo, expectOwed } from './listeners/owed-answers.ts';
import { fleet } from './listeners/plain-fleet.ts';

/** What the listeners look for in a stream: junk gets further with some of it. */
const WORDS = [
  ...[
    'PROXY ',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n',
    'PROXY UNKNOWN\r\n',
    'PROXY TCP6 ::1 ::1 1 99999\r\n',
  ],
  ...[
    '\r\n\r\n\0\r\nQUIT\n',
    '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0',
    '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c',
    '\r\n\r\n\0',
  ],
  ...['timestamp\n', 'help', 'HELP\r\n', 'nist', '\n', '\r', '\t', '\t\t\t', '\0', ' '],
] as const;

const CONNECTIONS = 30;

/** Bytes to send in turn: words and noise, the odd piece longer than a read. */
function junk(random: Random): readonly Buffer[] {
  return Array.from({ length: 1 + random.below(12) }, () => {
    if (random.below(3) > 0) return Buffer.from(random.pick(WORDS), 'latin1');
    return random.bytes(1 + random.below(random.below(10) === 0 ? 100_000 : 300));
  });
}

/** Waits, so that what follows arrives in a packet of its own, more or less. */
async function send(client: TcpClient, piece: Buffer | string): Promise<void> {
  if (!client.socket.writable) return;
  client.socket.write(piece);
  await turn();
}

describe(`HOSTILE_SEED=${hostileSeed}`, () => {
  it.each(doors)('should survive random bytes at $name', async (door) => {
    const random = new Random(hostileSeed);
    await Promise.all(
      Array.from({ length: CONNECTIONS }, async () => {
        const pieces = junk(random);
        const ending = random.pick(['end', 'end', 'destroy', 'reset']);
        const begin = random.pick(['', door.header]);
        using client = await fleet.connect(door);
        await send(client, begin);
        for (const piece of pieces) await send(client, piece);
        if (ending === 'reset') client.socket.resetAndDestroy();
        else if (ending === 'destroy') client.socket.destroy();
        else {
          client.socket.end();
          // Whatever it makes of the bytes, it ends properly.
          expect(await client.ended).toBe('FIN');
          const sent = begin + Buffer.concat(pieces).toString('latin1');
          expectOwed(door, sent, (await client.takeAll()).toString('latin1'));
        }
      }),
    );
    await fleet.expectUnharmed([door]);
  });
});

/** The answers to what an ordinary client sends, however the network cut it. */
const answersToPieces: Readonly<Record<Door['listener'], RegExp>> = {
  'echo-tcp': /^hello$/,
  'dialog-tcp': /^(?:server got:hello\t|(?:server got:\w+)+)$/,
  'daytime-tcp': /^[^\r\n]+\r\n$/,
  // A pause in the middle of a word ends a request that names no format.
  'session-tcp': /^(?:[^\r\n]+\r\n)+$/,
};

it.each(doors)('should serve $name one byte at a time', async (door) => {
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      using client = await fleet.connect(door);
      client.socket.setNoDelay();
      for (const byte of door.header + door.request) {
        if (!client.socket.write(byte)) await once(client.socket, 'drain');
        await turn();
      }
      client.socket.end();
      const answer = (await client.takeAll()).toString();
      expect(answer).toMatch(answersToPieces[door.listener]);
      if (door.listener === 'dialog-tcp') {
        expect(answer.replaceAll('server got:', '').trim()).toBe('hello');
      }
      expect(await client.ended).toBe('FIN');
    }),
  );
  await fleet.expectUnharmed([door]);
});

it.each(doors)('should answer a FIN by FIN at every point of an exchange with $name', async (door) => {
  const exchange = door.header + door.request + door.request;
  await Promise.all(
    Array.from({ length: exchange.length + 1 }, async (_, sent) => {
      using client = await fleet.connect(door);
      client.socket.end(exchange.slice(0, sent));
      const answer = (await client.takeAll()).toString();
      expect(await client.ended).toBe('FIN');
      expect(answer).toMatch(answerTo(door, exchange.slice(0, sent)));
    }),
  );
  await fleet.expectUnharmed([door]);
});
