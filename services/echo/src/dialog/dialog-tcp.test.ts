import { readConfig } from '@echo-daytime/runtime';
import type { TcpConnection, TcpHandler } from '@echo-daytime/sockets';
import { CounterBlock } from '@echo-daytime/worker';
import { expect, it } from 'vitest';
import { keys } from '../config.ts';
import { dialogTcp } from './dialog-tcp.ts';

const COUNTERS_BYTES = 64;
/** The most that Node reads at a time, all of it empty messages. */
const TABS = Buffer.alloc(64 * 1024, '\t');

/** A connection whose peer takes bytes only when the test says so. */
class SlowConnection {
  readonly local = { address: '192.0.2.1', port: 7008 };
  readonly source = { address: '192.0.2.2', port: 40_000 };
  readonly writes: string[] = [];
  /** How many writes there had been at each start of the deadline. */
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

  /** Has the peer take what was written, and then everything else that there is for it. */
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

it('should make answers only as fast as the peer takes them', () => {
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

it('should end after a FIN only when the peer has been sent every answer', () => {
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

it('should send an error for a message that is too long behind every answer before it', () => {
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

it('should start DIALOG_READ_TIMEOUT anew behind each answer, and when a peer that was behind has taken it', () => {
  const connection = new SlowConnection({});
  connection.handler.data(Buffer.from('no message yet'));
  expect(connection.deadlines).toEqual([]);
  // Behind the write, which counts as progress of the peer by a clock that is coarse.
  connection.handler.data(Buffer.from('\t'));
  expect(connection.deadlines).toEqual([1]);
  connection.behind = true;
  connection.handler.data(Buffer.from('two\t'));
  connection.handler.writable?.();
  expect(connection.deadlines).toEqual([1, 2, 2]);
});
