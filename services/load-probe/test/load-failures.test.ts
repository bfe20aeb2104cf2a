import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { flipBit, freeTcpPort, freeUdpPort, fullPeer, tcpPeer, udpPeer } from './peers.ts';
import { atRate, load } from './run-load.ts';

const LINE = Buffer.from('Friday, November 20, 2026 07:13:05-UTC\r\n');

/** The exchange before a load is always answered: what is told apart here happens in the load itself. */
function afterTheFirst(misbehave: (socket: Socket) => void): (socket: Socket) => void {
  let connections = 0;
  return (socket) => {
    connections += 1;
    if (connections === 1) socket.pipe(socket);
    else misbehave(socket);
  };
}

describe('each failure over TCP', () => {
  it.each<[string, string, (socket: Socket) => void, string, RegExp]>([
    [
      'a reset',
      '',
      (socket) => socket.once('data', () => socket.resetAndDestroy()),
      'reset',
      /reset the connection \(ECONNRESET\)$/,
    ],
    [
      'a close without an answer',
      '',
      (socket) => socket.once('data', () => socket.end()),
      'closed',
      /closed the connection without an answer$/,
    ],
    [
      'a close in the middle',
      '',
      (socket) => socket.once('data', (bytes: Buffer) => socket.end(bytes.subarray(0, 10))),
      'truncated',
      /sent the first 10 of 64 bytes and closed the connection$/,
    ],
    [
      'a changed bit',
      '',
      (socket) => socket.on('data', (bytes: Buffer) => socket.write(flipBit(bytes, 30))),
      'corrupt',
      /^byte 30 came back as 0x\w\w, sent was 0x\w\w$/,
    ],
    [
      'no answer',
      '?timeout=100ms',
      (socket) => socket.resume(),
      'read_timeout',
      /sent 0 of 64 bytes within 100 ms$/,
    ],
    [
      'a peer that does not read',
      '?timeout=200ms&size=16MiB',
      (socket) => socket.pause(),
      'write_timeout',
      /did not take the whole request within 200 ms$/,
    ],
  ])('should be told: %s', async (_cause, query, misbehave, outcome, detail) => {
    await using peer = await tcpPeer(afterTheFirst(misbehave));
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}${query}`, { durationMs: 500 });
    expect(result.failures.map((failure) => failure.outcome)).toEqual([outcome]);
    expect(result.failures[0]?.detail).toMatch(detail);
    expect(result.failures[0]?.count).toBe(result.due);
    expect(result.lossRatio).toBe(1);
    // A target that fails is not attacked: it gets a rest after each failure.
    expect(result.due).toBeLessThanOrEqual(6);
  });

  it('should be told: bytes that nobody sent', async () => {
    await using peer = await tcpPeer(
      afterTheFirst((socket) => {
        socket.on('data', (bytes: Buffer) => socket.write(Buffer.concat([bytes, Buffer.from('!')])));
      }),
    );
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, { durationMs: 400 });
    expect(result.failures).toMatchObject([
      { outcome: 'corrupt', detail: 'more than the 64 bytes sent came back', count: result.due },
    ]);
  });

  it('should be told: nothing listens any more', async () => {
    let connections = 0;
    const peer = await tcpPeer((socket) => {
      connections += 1;
      socket.pipe(socket);
      // The listener goes, and the connection with it, as in a rollout without a drain.
      if (connections === 2) void peer[Symbol.asyncDispose]();
    });
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?timeout=300ms`, {
      ...atRate(50),
      durationMs: 600,
    });
    expect(result.failures.map(({ outcome }) => outcome)).toContain('refused');
    expect(result.lossRatio).toBeGreaterThan(0.5);
    expect(result.counters.okCount + result.counters.failedTotal + result.unsent).toBe(result.due);
  });

  it('should leave no trace when an idle connection is closed, but that it was opened anew', async () => {
    let connections = 0;
    await using peer = await tcpPeer((socket) => {
      connections += 1;
      const isSecond = connections === 2;
      socket.on('data', (bytes: Buffer) => {
        socket.write(bytes);
        if (isSecond) socket.end();
      });
    });
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, { ...atRate(20), durationMs: 500 });
    expect(result).toMatchObject({ due: 10, lossRatio: 0, failures: [] });
    expect(result.counters.openedCount).toBe(2);
  });
});

describe('each failure over UDP', () => {
  it('should be told: no answer', async () => {
    let datagrams = 0;
    await using peer = await udpPeer((bytes, reply) => {
      datagrams += 1;
      if (datagrams % 3 !== 0) reply(bytes);
    });
    const result = await load(`echo+udp://127.0.0.1:${peer.port}?timeout=50ms`, { durationMs: 400 });
    expect(result.failures).toMatchObject([
      { outcome: 'lost', detail: `no answer from 127.0.0.1:${peer.port} within 50 ms` },
    ]);
    expect(result.failures[0]!.count).toBeGreaterThan(1);
    expect(result.counters.okCount + result.failures[0]!.count).toBe(result.due);
  });

  it('should be told: a changed bit, and less than was sent', async () => {
    let datagrams = 0;
    await using peer = await udpPeer((bytes, reply) => {
      datagrams += 1;
      if (datagrams % 10 === 0) reply(flipBit(bytes, 30));
      else if (datagrams % 10 === 5) reply(bytes.subarray(0, 40));
      else reply(bytes);
    });
    const result = await load(`echo+udp://127.0.0.1:${peer.port}`);
    expect(result.failures.map(({ outcome }) => outcome).sort()).toEqual(['corrupt', 'truncated']);
    expect(result.counters.okCount + result.counters.failedTotal).toBe(result.due);
  });

  it('should be told: nothing listens any more', async () => {
    let datagrams = 0;
    const peer = await udpPeer((bytes, reply) => {
      reply(bytes);
      datagrams += 1;
      if (datagrams === 20) void peer[Symbol.asyncDispose]();
    });
    const result = await load(`echo+udp://127.0.0.1:${peer.port}?timeout=100ms`, { durationMs: 500 });
    const found = result.failures.map(({ outcome }) => outcome);
    expect(found).toContain('refused');
    expect(result.counters.failedTotal).toBeLessThanOrEqual(7);
  });

  it('should count second answers beside the messages', async () => {
    await using peer = await udpPeer((bytes, reply) => {
      reply(bytes);
      reply(bytes);
    });
    const result = await load(`echo+udp://127.0.0.1:${peer.port}`);
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(result.counters.unexpectedCount).toBeGreaterThan(10);
  });

  it('should not take a late line for the answer to the next request', async () => {
    let datagrams = 0;
    const late: NodeJS.Timeout[] = [];
    await using peer = await udpPeer((_bytes, reply) => {
      datagrams += 1;
      if (datagrams === 1) reply(LINE);
      else late.push(setTimeout(reply, 150, LINE));
    });
    const result = await load(`daytime+udp://127.0.0.1:${peer.port}?timeout=100ms`, { durationMs: 500 });
    late.forEach(clearTimeout);
    expect(result.failures.map(({ outcome }) => outcome)).toEqual(['lost']);
    expect(result.failures[0]!.count).toBe(result.due);
  });
});

describe('a target that does not answer at all', () => {
  it('should not be loaded: nothing listens', async () => {
    const port = await freeTcpPort();
    const result = await load(`echo+tcp://127.0.0.1:${port}`);
    expect(result).toMatchObject({ due: 0, lossRatio: undefined });
    expect(result.failures).toEqual([
      { outcome: 'refused', count: 1, detail: `nothing listens on 127.0.0.1:${port} (ECONNREFUSED)` },
    ]);
    const udp = await load(`echo+udp://127.0.0.1:${await freeUdpPort()}`);
    expect(udp.failures.map(({ outcome }) => outcome)).toEqual(['refused']);
  });

  it('should not be loaded: its queue is full', async () => {
    await using peer = await fullPeer();
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?timeout=200ms`);
    expect(result.failures.map(({ outcome }) => outcome)).toEqual(['connect_timeout']);
    expect(result.due).toBe(0);
  });

  it('should not be loaded: its name has no address', async () => {
    const result = await load('echo+tcp://no-such-host.invalid:7');
    expect(result.failures.map(({ outcome }) => outcome)).toEqual(['dns']);
  });
});
