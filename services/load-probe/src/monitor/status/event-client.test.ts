import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { EventClient } from './event-client.ts';

const MIB = 1024 ** 2;
const PIECE_BYTES = 64 * 1024;
const MAX_STUCK_TICKS = 10;

/** An event of a known length. */
function eventOf(name: string, bytes: number): Buffer {
  return Buffer.from(`${name}\n`.padStart(bytes, '.'));
}

/** A client, and its connection, which the test reads. */
function connect(historyBytes: number): { client: EventClient; connection: PassThrough } {
  const connection = new PassThrough({ highWaterMark: PIECE_BYTES });
  const client = new EventClient(connection as unknown as ServerResponse, {
    status: eventOf('status', 100),
    history: [eventOf('history', historyBytes)].values(),
  });
  return { client, connection };
}

/** Reads what is buffered, and waits until the client has written more. */
async function readOnce(connection: PassThrough): Promise<string> {
  const text = String(connection.read() ?? '');
  await new Promise(setImmediate);
  return text;
}

async function readAll(connection: PassThrough): Promise<string> {
  let text = '';
  for (let read = await readOnce(connection); read !== ''; read = await readOnce(connection)) text += read;
  return text;
}

describe('EventClient', () => {
  it('should keep a client that reads slowly for as long as it needs', async () => {
    const { client, connection } = connect(4 * MIB);
    let text = '';
    for (let tick = 0; tick < 3 * MAX_STUCK_TICKS; tick += 1) {
      expect(client.tick()).toBe(true);
      text += await readOnce(connection);
    }
    expect(text.length).toBeLessThan(4 * MIB);
    text += await readAll(connection);
    expect(text).toHaveLength(100 + 4 * MIB);
    expect(text).toMatch(/status\n\.*history\n$/);
  });

  it('should drop a client that has read nothing for ten ticks', async () => {
    const { client, connection } = connect(MIB);
    const livesFor = (ticks: number): boolean =>
      Array.from({ length: ticks }, () => client.tick()).every((isAlive) => isAlive);
    expect(livesFor(MAX_STUCK_TICKS - 1)).toBe(true);
    // It reads only a part.
    for (let reads = 0; reads < 4; reads += 1) await readOnce(connection);
    expect(livesFor(MAX_STUCK_TICKS - 1)).toBe(true);
    expect(client.tick()).toBe(false);
  });

  it('should drop a client that reads too slowly, once too much is unread', async () => {
    const { client, connection } = connect(2 * MIB);
    let sent = 0;
    for (; client.tick() && sent < 30; sent += 1) {
      client.sendBuckets(eventOf('buckets', MIB));
      await readOnce(connection);
    }
    // The limit is 8 MiB; bytes that were written already do not count.
    expect(sent).toBeGreaterThanOrEqual(9);
    expect(sent).toBeLessThanOrEqual(12);
  });

  it('should send a slow client only the newest status, and before the waiting buckets', async () => {
    const { client, connection } = connect(MIB);
    client.sendBuckets(eventOf('buckets', 100));
    for (let n = 0; n < 50; n += 1) client.sendStatus(eventOf(`status ${n}`, MIB));
    client.sendComment(Buffer.from('comment\n'));
    const names = (await readAll(connection)).replaceAll('.', '').trim().split('\n');
    expect(names).toEqual(['status', 'history', 'status 49', 'buckets']);
  });

  it('should read the history no faster than the client does, and what is new goes before the rest of it', async () => {
    let made = 0;
    const history = Array.from({ length: 100 }, (_, n) => n).values();
    const connection = new PassThrough({ highWaterMark: PIECE_BYTES });
    const client = new EventClient(connection as unknown as ServerResponse, {
      status: eventOf('status', 100),
      history: history.map((n) => {
        made += 1;
        return eventOf(`history ${n}`, PIECE_BYTES);
      }),
    });
    expect(made).toBe(1);
    client.sendBuckets(eventOf('buckets', 100));
    const names = (await readAll(connection)).replaceAll('.', '').trim().split('\n');
    expect(made).toBe(100);
    expect(names.slice(0, 4)).toEqual(['status', 'history 0', 'buckets', 'history 1']);
  });
});
