import type { RemoteInfo } from 'node:dgram';
import { Counter, type FaultName, type FaultSet, SharedFaults } from '@echo-daytime/worker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldReplies } from './held-replies.ts';
import { UdpFaults } from './udp-faults.ts';

const client: RemoteInfo = { address: '192.0.2.1', family: 'IPv4', port: 40_000, size: 4 };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const setTimer = (milliseconds: number, task: () => void) => setTimeout(task, milliseconds);

/** Sends replies through faults, and records which are sent, repeated and dropped. */
function faultyReplies(maxHeldBytes = 1_000_000) {
  const shared = new SharedFaults(SharedFaults.memory());
  const dropped = new Counter(new Float64Array(1), 0);
  const held = new HeldReplies(maxHeldBytes);
  // The random number is always 0.75: a jitter is three quarters of its maximum.
  const sent: string[] = [];
  const repeated: string[] = [];
  const record = (list: string[]) => (reply: Uint8Array, source: RemoteInfo) => {
    expect(source).toBe(client);
    list.push(Buffer.from(reply).toString());
  };
  const sender = {
    send: record(sent),
    repeat: record(repeated),
    store: (source: RemoteInfo) => source,
    setTimer,
  };
  const faults = new UdpFaults(shared, dropped, sender, () => 0.75, held);
  return {
    ...{ sent, repeated, dropped, held, faults },
    inject: (set: FaultSet) => shared.write(set),
    reply: (text: string | Buffer) =>
      faults.send(typeof text === 'string' ? Buffer.from(text) : text, client),
  };
}

const certain = (name: FaultName, ms = 0): FaultSet => ({ [name]: { probability: 1, ms } });

describe('replies with UDP faults', () => {
  it('should be sent at once and unchanged without faults', () => {
    const local = faultyReplies();
    local.reply('plain');
    expect(local).toMatchObject({ sent: ['plain'], repeated: [] });
    expect(local.dropped.value).toBe(0);
  });

  it('should be counted when they are lost', () => {
    const local = faultyReplies();
    local.inject(certain('loss'));
    local.reply('one');
    local.reply('two');
    expect(local.sent).toEqual([]);
    expect(local.dropped.value).toBe(2);
  });

  it('should be counted as sent once when they are duplicated', () => {
    const local = faultyReplies();
    local.inject(certain('duplicate'));
    local.reply('twice');
    expect(local).toMatchObject({ sent: ['twice'], repeated: ['twice'] });
  });

  it('should wait for the delay and the random part of the jitter', () => {
    const local = faultyReplies();
    local.inject({ ...certain('delay', 100), ...certain('jitter', 40) });
    local.reply('later');
    vi.advanceTimersByTime(129);
    expect(local.sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(local.sent).toEqual(['later']);
    expect(local.held.bytes).toBe(0);
  });

  it('should keep their bytes when the buffer is reused', () => {
    const local = faultyReplies();
    local.inject(certain('delay', 10));
    const buffer = Buffer.from('good');
    local.reply(buffer);
    buffer.fill('x');
    vi.advanceTimersByTime(10);
    expect(local.sent).toEqual(['good']);
  });

  it('should be dropped and counted when the memory for held replies is full', () => {
    const local = faultyReplies(3_000);
    local.inject(certain('delay', 1_000));
    for (let index = 0; index < 10; index += 1) local.reply(Buffer.alloc(488, 65));
    expect(local.held.bytes).toBe(3_000);
    expect(local.dropped.value).toBe(7);
    vi.advanceTimersByTime(1_000);
    expect(local.sent).toHaveLength(3);
    expect(local.held.bytes).toBe(0);
  });

  it('should be sent soon after the faults that hold them have ended', () => {
    const local = faultyReplies();
    local.inject(certain('delay', 60_000));
    local.reply('held');
    local.inject(certain('loss'));
    vi.advanceTimersByTime(25);
    expect(local.sent).toEqual(['held']);
    local.inject({});
    local.reply('new');
    expect(local.sent).toEqual(['held', 'new']);
  });

  it('should all be sent by a release, once', () => {
    const local = faultyReplies();
    local.inject(certain('delay', 60_000));
    for (const text of ['a', 'b', 'c']) local.reply(text);
    local.faults.release();
    local.faults.release();
    expect(local.sent).toEqual(['a', 'b', 'c']);
    expect(local.held.bytes).toBe(0);
  });
});
