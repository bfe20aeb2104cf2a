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

/** Answers through faults, with what was sent, repeated and dropped. */
function faultyAnswers(maxHeldBytes = 1_000_000) {
  const shared = new SharedFaults(SharedFaults.memory());
  const dropped = new Counter(new Float64Array(1), 0);
  const held = new HeldReplies(maxHeldBytes);
  // Every roll hits, and every jitter is three quarters of its most.
  const sent: string[] = [];
  const repeated: string[] = [];
  const record = (list: string[]) => (answer: Uint8Array, source: RemoteInfo) => {
    expect(source).toBe(client);
    list.push(Buffer.from(answer).toString());
  };
  const sender = {
    send: record(sent),
    repeat: record(repeated),
    keep: (source: RemoteInfo) => source,
    setTimer,
  };
  const faults = new UdpFaults(shared, dropped, sender, () => 0.75, held);
  return {
    ...{ sent, repeated, dropped, held, faults },
    inject: (set: FaultSet) => shared.write(set),
    answer: (text: string | Buffer) =>
      faults.send(typeof text === 'string' ? Buffer.from(text) : text, client),
  };
}

const certain = (name: FaultName, ms = 0): FaultSet => ({ [name]: { probability: 1, ms } });

describe('datagrams that suffer', () => {
  it('should be sent at once, the very same bytes, when nothing is injected', () => {
    const local = faultyAnswers();
    local.answer('plain');
    expect(local).toMatchObject({ sent: ['plain'], repeated: [] });
    expect(local.dropped.value).toBe(0);
  });

  it('should be counted when they are lost', () => {
    const local = faultyAnswers();
    local.inject(certain('loss'));
    local.answer('one');
    local.answer('two');
    expect(local.sent).toEqual([]);
    expect(local.dropped.value).toBe(2);
  });

  it('should be sent once on the books and once beside them when they are duplicated', () => {
    const local = faultyAnswers();
    local.inject(certain('duplicate'));
    local.answer('twice');
    expect(local).toMatchObject({ sent: ['twice'], repeated: ['twice'] });
  });

  it('should wait for the delay and three quarters of the jitter, as the dice say', () => {
    const local = faultyAnswers();
    local.inject({ ...certain('delay', 100), ...certain('jitter', 40) });
    local.answer('later');
    vi.advanceTimersByTime(129);
    expect(local.sent).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(local.sent).toEqual(['later']);
    expect(local.held.bytes).toBe(0);
  });

  it('should keep what they said, whatever becomes of the buffer that it was in', () => {
    const local = faultyAnswers();
    local.inject(certain('delay', 10));
    const buffer = Buffer.from('good');
    local.answer(buffer);
    buffer.fill('x');
    vi.advanceTimersByTime(10);
    expect(local.sent).toEqual(['good']);
  });

  it('should be dropped and counted when more are held than there is room for', () => {
    const local = faultyAnswers(3_000);
    local.inject(certain('delay', 1_000));
    for (let index = 0; index < 10; index += 1) local.answer(Buffer.alloc(488, 65));
    expect(local.held.bytes).toBe(3_000);
    expect(local.dropped.value).toBe(7);
    vi.advanceTimersByTime(1_000);
    expect(local.sent).toHaveLength(3);
    expect(local.held.bytes).toBe(0);
  });

  it('should go out soon after the faults that hold them have ended', () => {
    const local = faultyAnswers();
    local.inject(certain('delay', 60_000));
    local.answer('held');
    local.inject(certain('loss'));
    vi.advanceTimersByTime(25);
    expect(local.sent).toEqual(['held']);
    local.inject({});
    local.answer('new');
    expect(local.sent).toEqual(['held', 'new']);
  });

  it('should all be sent by a release, once', () => {
    const local = faultyAnswers();
    local.inject(certain('delay', 60_000));
    for (const text of ['a', 'b', 'c']) local.answer(text);
    local.faults.release();
    local.faults.release();
    expect(local.sent).toEqual(['a', 'b', 'c']);
    expect(local.held.bytes).toBe(0);
  });
});
