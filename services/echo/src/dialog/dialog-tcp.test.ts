import { readConfig } from '@echo-daytime/runtime';
import type { TcpConnection, TcpHandler } from '@echo-daytime/sockets';
import { CounterBlock } from '@echo-daytime/worker';
import { expect, it } from 'vitest';
import { keys } from '../config.ts';
import { dialogTcp } from './dialog-tcp.ts';

const COUNTERS_BYTES = 64;
/** A chunk of the largest size that Node reads at once, full of empty messages. */
const TABS = Buffer.alloc(64 * 1024, '\t');

/** A connection whose client reads bytes only when the test says so. */
class SlowConnection {
  readonly local = { address: '192.0.2.1', port: 7008 };
  readonly source = { address: '192.0.2.2', port: 40_000 };
  readonly writes: string[] = [];
  /** The number of writes before each start of the deadline. */
  readonly deadlines: number[] = [];
  ended: string | undefined;
  behind = false;
  readonly handler: TcpHandler;

  constructor(env: Readonly<Record<string, string>>) {
    const block = new CounterBlock(new SharedArrayBuffer(COUNTERS_BYTES));
    const messages = block.counter('messages', 'Messages answered.');
    const config = readConfig(keys, { env, args: [] });
    this.handler = dialogTcp(config, messages)(this as unknown as TcpConnection);
    // The greeting.
    this.writes.length = 0;
    this.deadlines.length = 0;
  }

  write(bytes: Uint8Array): boolean {
    expect(this.ended).toBeUndefined();
    this.writes.push(Buffer.from(bytes).toString());
    return !this.behind;
  }

  end(reason = 'server'): void {
    this.ended ??= reason;
  }

  setDeadline(): void {
    this.deadlines.push(this.writes.length);
  }

  /** The client reads the written bytes, and then everything that follows. */
  drainAll(): void {
    for (let before = -1; before < this.writes.length && this.ended === undefined; ) {
      before = this.writes.length;
      this.handler.writable?.();
    }
  }
}

it('should answer pipelined messages in one write', () => {
  const connection = new SlowConnection({});
  connection.handler.data(Buffer.from('one\ttwo\tthree\tfo'));
  expect(connection.writes).toEqual(['server got:one\tserver got:two\tserver got:three\t']);
});

it('should make replies only as fast as the client reads them', () => {
  const connection = new SlowConnection({ DIALOG_REPLY: `{count}:${'x'.repeat(1_000)}` });
  connection.behind = true;
  connection.handler.data(TABS);
  expect(connection.writes.length).toBe(1);
  connection.drainAll();
  const longest = Math.max(...connection.writes.map(({ length }) => length));
  expect(longest).toBeLessThan(2 * TABS.length);
  const answers = connection.writes.join('').split('\t');
  expect(answers.length).toBe(TABS.length + 1);
  expect(answers.findIndex((answer, index) => !answer.startsWith(`${index + 1}:x`))).toBe(TABS.length);
});

it('should end after a FIN only when every reply has been sent', () => {
  const connection = new SlowConnection({ DIALOG_REPLY: `{message}${'x'.repeat(1_000)}` });
  connection.behind = true;
  connection.handler.data(TABS);
  connection.handler.data(Buffer.from('last'));
  connection.handler.end();
  expect(connection.ended).toBeUndefined();
  connection.drainAll();
  const answers = connection.writes.join('').split('\t');
  expect(answers.length).toBe(TABS.length + 2);
  expect(answers.at(-2)).toMatch(/^lastx+$/);
  expect(connection.ended).toBe('server');
});

it('should send the error for a message that is too long after all earlier replies', () => {
  const connection = new SlowConnection({ DIALOG_MAX_MESSAGE: '4' });
  connection.behind = true;
  connection.handler.data(Buffer.concat([TABS, Buffer.from('three\tfour\t')]));
  connection.handler.data(Buffer.from('five\t'));
  expect(connection.ended).toBeUndefined();
  connection.drainAll();
  expect(connection.writes.join('').split('\t').slice(-3)).toEqual([
    'server got:',
    'error: message longer than 4 bytes',
    '',
  ]);
  expect(connection.ended).toBe('protocol');
});

it('should restart DIALOG_READ_TIMEOUT after each reply, and when a slow client has read it', () => {
  const connection = new SlowConnection({});
  connection.handler.data(Buffer.from('no message yet'));
  expect(connection.deadlines).toEqual([]);
  // After the write, which counts as progress of the client on a coarse clock.
  connection.handler.data(Buffer.from('\t'));
  expect(connection.deadlines).toEqual([1]);
  connection.behind = true;
  connection.handler.data(Buffer.from('two\t'));
  connection.handler.writable?.();
  expect(connection.deadlines).toEqual([1, 2, 2]);
});
