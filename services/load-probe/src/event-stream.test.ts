import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { targetOf } from '../test/take-samples.ts';
import { EventStream } from './event-stream.ts';
import { StatusBoard } from './status-board.ts';
import type { TargetNews } from './target-news.ts';

const UNREAD_BYTES = 9 * 1024 ** 2;

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

  function connect(): PassThrough {
    const client = Object.assign(new PassThrough(), { writeHead: vi.fn() });
    stream.add(client as unknown as ServerResponse, {});
    return client;
  }
  function textOf(client: PassThrough): string {
    let text = '';
    for (let chunk = client.read(); chunk !== null; chunk = client.read()) text += chunk;
    return text;
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

  it('should cut a client that does not read', async () => {
    const client = connect();
    client.write(Buffer.alloc(UNREAD_BYTES));
    const closed = once(client, 'close');
    vi.advanceTimersByTime(1_000);
    await closed;
    expect(stream.clients).toBe(0);
  });

  it('should end the streams when it closes', async () => {
    const client = connect();
    client.resume();
    const ended = once(client, 'end');
    stream.close();
    await ended;
  });
});
