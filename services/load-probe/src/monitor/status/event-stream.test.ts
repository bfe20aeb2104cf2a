import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { targetOf } from '../../../test/take-samples.ts';
import type { TargetNews } from '../messages.ts';
import { EventStream } from './event-stream.ts';
import { StatusBoard } from './store.ts';
import type { SamplesDocument } from './types.ts';

describe('EventStream', () => {
  const board = new StatusBoard({ version: '1.2.3', host: 'here', epoch: () => 1_000 });
  board.add(0, targetOf('echo+udp://127.0.0.1:7?name=t'));
  let stream: EventStream;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    stream = new EventStream(board);
  });
  afterEach(() => {
    stream.close();
    vi.useRealTimers();
  });

  function connect(to = stream): PassThrough {
    const client = Object.assign(new PassThrough(), { writeHead: vi.fn() });
    to.add(client as unknown as ServerResponse, {});
    return client;
  }
  function textOf(client: PassThrough): string {
    let text = '';
    for (let chunk = client.read(); chunk !== null; chunk = client.read()) text += chunk;
    return text;
  }

  function samplesIn(text: string): SamplesDocument['samples'][] {
    return [...text.matchAll(/^event: samples\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data!).samples);
  }

  const sample = (at: number): TargetNews => ({
    kind: 'sample',
    target: 0,
    at,
    outcome: 'ok',
    detail: '',
    rttMs: 1,
    lagMs: 0,
    phases: {},
  });

  it('should give a new client the retry time, the status and the history, then what is new', () => {
    board.receive([sample(1), sample(2)]);
    const client = connect();
    const [retry, status, samples] = textOf(client).split('\n\n');
    expect(retry).toBe('retry: 2000');
    expect(status).toMatch(/^event: status\ndata: \{"version":1,/);
    expect(samples).toContain('{"t":[{"at":1,"outcome":"ok","rttMs":1},{"at":2,"outcome":"ok","rttMs":1}]}');

    board.receive([sample(3)]);
    vi.advanceTimersByTime(1_000);
    const [, news] = textOf(client).split('\n\n');
    expect(news).toBe(
      'event: samples\ndata: {"version":1,"samples":{"t":[{"at":3,"outcome":"ok","rttMs":1}]}}',
    );
  });

  it('should beat its heart', () => {
    const client = connect();
    vi.advanceTimersByTime(15_000);
    expect(textOf(client).match(/^: heartbeat$/gm)).toHaveLength(1);
  });

  it('should forget a client that went away', async () => {
    const client = connect();
    expect(stream.clients).toBe(1);
    client.destroy();
    await once(client, 'close');
    expect(stream.clients).toBe(0);
  });

  it('should tell a long history in several events, from the oldest sample to what is new', () => {
    const ats = Array.from({ length: 2_500 }, (_, n) => 100 + n / 10);
    const long = new StatusBoard({ version: '1.2.3', host: 'here', epoch: () => 1_000 });
    long.add(0, targetOf('echo+udp://127.0.0.1:7?name=t'));
    long.add(1, targetOf('echo+udp://127.0.0.1:7?name=other'));
    long.receive(ats.map(sample));
    const longStream = new EventStream(long);
    const told = samplesIn(textOf(connect(longStream)));
    longStream.close();
    expect(told.map((samples) => Object.entries(samples).map(([id, { length }]) => [id, length]))).toEqual([
      [['t', 1_000]],
      [['t', 1_000]],
      [
        ['t', 500],
        ['other', 0],
      ],
    ]);
    expect(told.flatMap(({ t = [] }) => t.map(({ at }) => at))).toEqual(ats.map(Math.round));
  });

  it('should let go of a client that does not read, and keep the others', async () => {
    const stuck = connect();
    const reading = connect();
    reading.resume();
    const closed = once(stuck, 'close');
    // More than the connection takes.
    board.receive(Array.from({ length: 5_000 }, (_, n) => sample(100 + n / 10)));
    for (let tick = 0; tick < 12; tick += 1) {
      vi.advanceTimersByTime(1_000);
      await new Promise(setImmediate);
    }
    await closed;
    expect(stream.clients).toBe(1);
    expect(reading.destroyed).toBe(false);
  });

  it('should end the streams when it closes', async () => {
    const client = connect();
    client.resume();
    const ended = once(client, 'end');
    stream.close();
    await ended;
  });
});
