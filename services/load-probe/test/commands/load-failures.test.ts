import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../../tests/harness/eventually.ts';
import { flipBit, freeTcpPort, freeUdpPort, fullPeer, tcpPeer, udpPeer } from '../peers.ts';
import { ClockedLoad } from './clocked-load.ts';
import { atRate, load, TIMEOUT_MS } from './run-load.ts';

const LINE = Buffer.from('Friday, November 20, 2026 07:13:05-UTC\r\n');
/** Pause of a flow after a failure. */
const REST_MS = 100;
/** By the clock of the load. */
const BRIEF = { durationMs: 100 };

/** Answers the exchange before the load: the failures of these tests happen in the load itself. */
function afterTheFirst(misbehave: (socket: Socket) => void): (socket: Socket) => void {
  let connections = 0;
  return (socket) => {
    connections += 1;
    if (connections === 1) socket.pipe(socket);
    else misbehave(socket);
  };
}

describe('each failure over TCP', () => {
  it.each<[string, (socket: Socket) => void, string, RegExp]>([
    [
      'a reset',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      'reset',
      /reset the connection \(ECONNRESET\)$/,
    ],
    [
      'a close without an answer',
      (socket) => socket.once('data', () => socket.end()),
      'closed',
      /closed the connection without an answer$/,
    ],
    [
      'a close in the middle',
      (socket) => socket.once('data', (bytes: Buffer) => socket.end(bytes.subarray(0, 10))),
      'truncated',
      /sent the first 10 of 64 bytes and closed the connection$/,
    ],
    [
      'a changed bit',
      (socket) => socket.on('data', (bytes: Buffer) => socket.write(flipBit(bytes, 30))),
      'corrupt',
      /^byte 30 came back as 0x\w\w, sent was 0x\w\w$/,
    ],
    [
      'unexpected bytes',
      (socket) =>
        socket.on('data', (bytes: Buffer) => socket.write(Buffer.concat([bytes, Buffer.from('!')]))),
      'corrupt',
      /^more than the 64 bytes sent came back$/,
    ],
  ])('should be reported: %s', async (_cause, misbehave, outcome, detail) => {
    await using peer = await tcpPeer(afterTheFirst(misbehave));
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, { durationMs: 500 });
    expect(result.failures.map((failure) => failure.outcome)).toEqual([outcome]);
    expect(result.failures[0]?.detail).toMatch(detail);
    expect(result.failures[0]?.count).toBe(result.due);
    expect(result.lossRatio).toBe(1);
    // The load pauses after each failure, so that it does not attack a failing target.
    // After a stall of the probe the last message may be due at the end.
    expect(result.due).toBeLessThanOrEqual(2 + result.elapsedMs / REST_MS);
  });

  it.each<[string, string, (socket: Socket) => void, 'read_timeout' | 'write_timeout', RegExp]>([
    ['no answer', '64', (socket) => socket.resume(), 'read_timeout', /sent 0 of 64 bytes within 2000 ms$/],
    [
      'a peer that does not read',
      '16MiB',
      (socket) => socket.pause(),
      'write_timeout',
      /did not take the whole request within 2000 ms$/,
    ],
  ])('should be reported: %s', async (_cause, size, misbehave, outcome, detail) => {
    await using peer = await tcpPeer(misbehave);
    using load = await ClockedLoad.start(`echo+tcp://127.0.0.1:${peer.port}?size=${size}`, BRIEF);
    load.pass(TIMEOUT_MS);
    const { due, details } = await load.finished;
    expect([due, load.counters.failedCount(outcome), load.counters.failedTotal]).toEqual([1, 1, 1]);
    expect(details.get(outcome)).toMatch(detail);
  });

  it('should not be reported for a reply that arrived during a stall of this process', async () => {
    let stall = (): void => {};
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        socket.write(bytes);
        stall();
      });
    });
    using load = await ClockedLoad.start(`echo+tcp://127.0.0.1:${peer.port}`, BRIEF);
    stall = () => {
      stall = () => {};
      load.clock.skip(load.clock.now() + TIMEOUT_MS);
      // The event loop runs its timers before it reads its sockets.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BRIEF.durationMs);
    };
    const { due } = await load.finished;
    expect([load.counters.okCount, load.counters.failedTotal]).toEqual([due, 0]);
  });

  it('should not be reported when an idle connection is closed, which is only opened anew', async () => {
    let connections = 0;
    const closed = Promise.withResolvers<void>();
    await using peer = await tcpPeer((socket) => {
      connections += 1;
      const isFirst = connections === 1;
      socket.on('data', (bytes: Buffer) => (isFirst ? socket.end(bytes) : socket.write(bytes)));
      // The other end has closed as well.
      socket.on('close', closed.resolve);
    });
    const plan = { ...atRate(20), ...BRIEF };
    using load = await ClockedLoad.start(`echo+tcp://127.0.0.1:${peer.port}`, plan);
    await closed.promise;
    load.pass(50);
    expect(await load.finished).toMatchObject({ due: 2 });
    expect([load.counters.okCount, load.counters.openedCount]).toEqual([2, 2]);
  });
});

describe('each failure over UDP', () => {
  it('should be reported: no reply', async () => {
    let datagrams = 0;
    const third = Promise.withResolvers<void>();
    await using peer = await udpPeer((bytes, reply) => {
      datagrams += 1;
      if (datagrams === 3) third.resolve();
      else reply(bytes);
    });
    using load = await ClockedLoad.start(`echo+udp://127.0.0.1:${peer.port}`, BRIEF);
    await third.promise;
    load.pass(TIMEOUT_MS);
    const { due, details } = await load.finished;
    expect(details.get('lost')).toBe(`no answer from 127.0.0.1:${peer.port} within ${TIMEOUT_MS} ms`);
    expect([load.counters.failedCount('lost'), load.counters.okCount]).toEqual([1, due - 1]);
  });

  it('should be reported: a changed bit, and a truncated reply', async () => {
    let datagrams = 0;
    const enough = new AbortController();
    await using peer = await udpPeer((bytes, reply) => {
      datagrams += 1;
      if (datagrams % 10 === 0) reply(flipBit(bytes, 30));
      else if (datagrams % 10 === 5) reply(bytes.subarray(0, 40));
      else reply(bytes);
      if (datagrams === 30) enough.abort();
    });
    const result = await load(
      `echo+udp://127.0.0.1:${peer.port}`,
      { durationMs: 60_000 },
      { signal: enough.signal },
    );
    expect(result.failures.map(({ outcome }) => outcome).sort()).toEqual(['corrupt', 'truncated']);
    const { counters, abandoned, due } = result;
    expect(counters.okCount + counters.failedTotal + abandoned).toBe(due);
  });

  it('should not include second replies, which are counted as duplicates', async () => {
    let datagrams = 0;
    const enough = new AbortController();
    await using peer = await udpPeer((bytes, reply) => {
      datagrams += 1;
      reply(bytes);
      reply(bytes);
      if (datagrams === 20) enough.abort();
    });
    const result = await load(
      `echo+udp://127.0.0.1:${peer.port}`,
      { durationMs: 60_000 },
      { signal: enough.signal },
    );
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    // Request n arrives after the first reply to n - 1, and that reply after the second reply to n - 2.
    expect(result.counters.unexpectedCount).toBeGreaterThan(10);
  });

  it('should not match a late line to the next request', async () => {
    const requests: { readonly port: number; readonly answer: () => void }[] = [];
    await using peer = await udpPeer((_bytes, reply, port) => {
      requests.push({ port, answer: () => reply(LINE) });
    });
    const request = (index: number) => eventually(() => requests[index] ?? Promise.reject(new Error('none')));
    using load = await ClockedLoad.start(`daytime+udp://127.0.0.1:${peer.port}`, { durationMs: 60_000 });
    const first = await request(0);
    load.pass(TIMEOUT_MS);
    const second = await request(1);
    expect(second.port).not.toBe(first.port);
    first.answer();
    second.answer();
    await request(2);
    await load.stop();
    const { failedTotal, okCount, unexpectedCount } = load.counters;
    expect([failedTotal, okCount, unexpectedCount]).toEqual([1, 1, 0]);
  });
});

describe.each([
  ['tcp', tcpPeer.bind(undefined, (socket) => void socket.pipe(socket))],
  ['udp', udpPeer.bind(undefined, (bytes, reply) => reply(bytes))],
] as const)('each failure over %s', (transport, openPeer) => {
  it('should be reported: nothing listens any more', async () => {
    const peer = await openPeer();
    const plan = { ...atRate(10), durationMs: 300 };
    using load = await ClockedLoad.start(`echo+${transport}://127.0.0.1:${peer.port}`, plan);
    await eventually(() => expect(load.counters.okCount).toBe(1));
    // Listener and connection are closed at once, as in a rollout without a drain.
    await peer[Symbol.asyncDispose]();
    load.pass(100);
    await eventually(() => expect(load.counters.failedTotal).toBe(1));
    load.pass(REST_MS);
    const { due } = await load.finished;
    expect([due, load.counters.okCount, load.counters.failedTotal]).toEqual([3, 1, 2]);
    // A message may have been sent before the end of the connection was seen.
    expect(load.counters.failedCount('refused')).toBeGreaterThanOrEqual(1);
  });
});

describe('a target that never replies', () => {
  it('should not be loaded: nothing listens', async () => {
    const port = await freeTcpPort();
    const result = await load(`echo+tcp://127.0.0.1:${port}`);
    expect(result.preflight).toEqual({
      outcome: 'refused',
      detail: `nothing listens on 127.0.0.1:${port} (ECONNREFUSED)`,
    });
    // The failed exchange before the load is not counted as a message.
    expect(result).toMatchObject({ due: 0, unsent: 0, lossRatio: undefined, failures: [] });
    const udp = await load(`echo+udp://127.0.0.1:${await freeUdpPort()}`);
    expect(udp.preflight).toMatchObject({ outcome: 'refused' });
  });

  it('should not be loaded: its queue is full', async () => {
    await using peer = await fullPeer();
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?timeout=200ms`);
    expect(result).toMatchObject({ due: 0, preflight: { outcome: 'connect_timeout' } });
  });

  it('should not be loaded: its name has no address', async () => {
    const result = await load('echo+tcp://no-such-host.invalid:7');
    expect(result).toMatchObject({ due: 0, preflight: { outcome: 'dns' } });
  });
});
