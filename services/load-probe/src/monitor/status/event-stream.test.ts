import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { targetOf } from '../../../test/take-samples.ts';
import type { TargetMessage } from '../messages.ts';
import { EventStream } from './event-stream.ts';
import { StatusStore } from './store.ts';
import type { BucketsDocument } from './types.ts';

describe('EventStream', () => {
  const store = new StatusStore({ version: '1.2.3', host: 'here', epoch: () => 1_000 });
  store.add(0, targetOf('echo+udp://127.0.0.1:7?name=t'));
  let stream: EventStream;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    stream = new EventStream(store);
  });
  afterEach(() => {
    stream.close();
    vi.useRealTimers();
  });

  function connect(to = stream, highWaterMark = 64 * 1024): PassThrough {
    const client = Object.assign(new PassThrough({ highWaterMark }), { writeHead: vi.fn() });
    to.add(client as unknown as ServerResponse, {});
    return client;
  }
  function textOf(client: PassThrough): string {
    let text = '';
    for (let chunk = client.read(); chunk !== null; chunk = client.read()) text += chunk;
    return text;
  }

  /** The start and the sample count of each bucket in a `buckets` event. */
  function bucketsOf(event = ''): { from: number; samples: number }[] {
    const [, data] = /^event: buckets\ndata: (.*)$/.exec(event) ?? [];
    const { buckets }: BucketsDocument = JSON.parse(data!);
    return buckets.t!.map(({ from, samples }) => ({ from, samples }));
  }

  const sample = (at: number): TargetMessage => ({
    kind: 'sample',
    target: 0,
    sequence: at,
    at,
    outcome: 'ok',
    detail: '',
    rttMs: 1,
    lagMs: 0,
    phases: {},
  });

  it('should give a new client the retry time, the status and the history, then the seconds that change', () => {
    store.receive([sample(1), sample(2)]);
    const client = connect();
    const [retry, status, history] = textOf(client).split('\n\n');
    expect(retry).toBe('retry: 2000');
    expect(status).toMatch(/^event: status\ndata: \{"version":2,/);
    expect(bucketsOf(history)).toEqual([{ from: 0, samples: 2 }]);

    vi.advanceTimersByTime(1_000);
    textOf(client);
    // A late sample of a second that was sent already, and a sample of the next second.
    store.receive([sample(1_000), sample(3)]);
    vi.advanceTimersByTime(1_000);
    const [changed, next] = textOf(client).split('\n\n');
    expect(bucketsOf(changed)).toEqual([
      { from: 1_000, samples: 1 },
      { from: 0, samples: 3 },
    ]);
    expect(next).toMatch(/^event: status/);
    vi.advanceTimersByTime(1_000);
    expect(bucketsOf(textOf(client).split('\n\n')[0])).toEqual([]);
  });

  it('should send a heartbeat', () => {
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

  it('should send the history of each series in an event of its own', () => {
    const two = new StatusStore({ version: '1.2.3', host: 'here', epoch: () => 1_000 });
    for (const [number, name] of ['t', 'other'].entries()) {
      two.add(number, targetOf(`echo+udp://127.0.0.1:7?name=${name}`));
    }
    const events = new EventStream(two);
    const text = textOf(connect(events));
    events.close();
    const documents = [...text.matchAll(/^event: buckets\ndata: (.*)$/gm)].map(([, data]) =>
      JSON.parse(data!),
    );
    expect(documents.map(({ buckets }) => Object.keys(buckets))).toEqual([['t'], ['other']]);
  });

  it('should drop a client that does not read, and keep the others', async () => {
    // Its connection accepts no data.
    const stuck = connect(stream, 1);
    const reading = connect();
    reading.resume();
    const closed = once(stuck, 'close');
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
