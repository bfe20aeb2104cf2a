import { describe, expect, it } from 'vitest';
import { decodePayload } from '../../src/payload/payload.ts';
import { echoing, tcpPeer, udpPeer } from '../peers.ts';
import { ClockedLoad } from './clocked-load.ts';
import { atRate, load, TIMEOUT_MS } from './run-load.ts';

/** Longer than any test: the peer ends such a load. */
const LONG_LOAD = { durationMs: 60_000 };
const ENOUGH = 60;
const LINE = 'Friday, November 20, 2026 07:13:05-UTC\r\n';

describe('a closed loop', () => {
  it('should send each message after the reply to the previous one', async () => {
    const stopping = new AbortController();
    let messages = 0;
    let underWay = 0;
    let most = 0;
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        messages += 1;
        underWay += 1;
        most = Math.max(most, underWay);
        setImmediate(() => {
          underWay -= 1;
          socket.write(bytes);
        });
        if (messages === ENOUGH) stopping.abort();
      });
    });
    const plan = { ...LONG_LOAD, connections: 3 };
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, plan, stopping);
    expect(result).toMatchObject({ isInterrupted: true, lossRatio: 0, failures: [], unsent: 0 });
    const { counters, due } = result;
    // One message is the exchange before the load, and each connection may have one in flight.
    expect(counters.okCount).toBeGreaterThanOrEqual(ENOUGH - 1 - 3);
    expect(result.abandoned).toBeLessThanOrEqual(3);
    expect(counters.latencies.count).toBe(counters.okCount);
    expect(counters.begunCount).toBe(due);
    expect(counters.openedCount).toBe(3);
    expect(result.elapsedMs).toBeLessThan(LONG_LOAD.durationMs);
    expect(result.offeredPerSecond).toBeUndefined();
    expect(most).toBeLessThanOrEqual(3);
  });

  it('should have several messages in flight only with --pipeline, however the echo is cut into pieces', async () => {
    const stopping = new AbortController();
    let seen = Buffer.alloc(0);
    let most = 0;
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        seen = Buffer.concat([seen, bytes]);
        most = Math.max(most, bytes.length);
        for (let at = 0; at < bytes.length; at += 37) socket.write(bytes.subarray(at, at + 37));
        if (seen.length >= 100 * ENOUGH) stopping.abort();
      });
    });
    const plan = { ...LONG_LOAD, pipeline: 8 };
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?size=100`, plan, stopping);
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(800);
    // After the exchange before the load every message is whole and different.
    for (let sequence = 0; sequence < ENOUGH - 1; sequence += 1) {
      const at = 100 * (sequence + 1);
      expect(decodePayload(seen.subarray(at, at + 100))).toMatchObject({ sequence });
    }
  });

  it('should divide connections among workers, and last for the given duration', async () => {
    await using peer = await tcpPeer(echoing);
    const plan = { connections: 3, workers: 2, durationMs: 300 };
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, plan);
    expect(result).toMatchObject({
      isInterrupted: false,
      lossRatio: 0,
      failures: [],
      unsent: 0,
      abandoned: 0,
    });
    expect(result.counters.openedCount).toBe(3);
    expect(result.counters.okCount).toBe(result.due);
    expect(result.elapsedMs).toBeGreaterThanOrEqual(300);
  });

  it('should send messages of a megabyte', async () => {
    const stopping = new AbortController();
    const size = 1024 ** 2;
    let bytes = 0;
    await using peer = await tcpPeer((socket) => {
      echoing(socket);
      socket.on('data', ({ length }: Buffer) => {
        bytes += length;
        // The first is the exchange before the load; the last four may be in flight.
        if (bytes > 8 * size) stopping.abort();
      });
    });
    const plan = { ...LONG_LOAD, connections: 2, pipeline: 2 };
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?size=${size}`, plan, stopping);
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(result.counters.okCount).toBeGreaterThan(2);
  });

  it('should load echo over UDP', async () => {
    const stopping = new AbortController();
    const ports = new Map<number, number>();
    await using peer = await udpPeer((bytes, reply, port) => {
      ports.set(port, (ports.get(port) ?? 0) + 1);
      reply(bytes);
      // The port of the exchange before the load has one datagram.
      if ([...ports.values()].filter((datagrams) => datagrams > ENOUGH / 3).length === 3) stopping.abort();
    });
    const plan = { ...LONG_LOAD, connections: 3, pipeline: 4 };
    const result = await load(`echo+udp://127.0.0.1:${peer.port}`, plan, stopping);
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(result.counters.okCount).toBeGreaterThan(30);
    expect(result.counters.unexpectedCount).toBe(0);
    expect(ports.size).toBe(4);
  });

  it('should load daytime over TCP, a connection for each line', async () => {
    const stopping = new AbortController();
    let connections = 0;
    await using peer = await tcpPeer((socket) => {
      connections += 1;
      socket.end(LINE);
      if (connections === ENOUGH) stopping.abort();
    });
    const plan = { ...LONG_LOAD, connections: 2 };
    const result = await load(`daytime+tcp://127.0.0.1:${peer.port}`, plan, stopping);
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    // One connection is the exchange before the load, and an aborted connection may never be accepted.
    const { abandoned, counters } = result;
    expect(counters.okCount).toBeLessThanOrEqual(connections - 1);
    expect(counters.okCount + abandoned).toBeGreaterThanOrEqual(connections - 1);
    expect(abandoned).toBeLessThanOrEqual(2);
  });

  it('should load daytime over UDP', async () => {
    const stopping = new AbortController();
    let datagrams = 0;
    await using peer = await udpPeer((_bytes, reply) => {
      reply(Buffer.from(LINE));
      datagrams += 1;
      if (datagrams === ENOUGH) stopping.abort();
    });
    const plan = { ...LONG_LOAD, connections: 2 };
    const result = await load(`daytime+udp://127.0.0.1:${peer.port}`, plan, stopping);
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(result.counters.okCount).toBeGreaterThanOrEqual(ENOUGH - 1 - 2);
  });
});

describe('an open loop', () => {
  it('should send as many messages as the rate says, over all workers', async () => {
    await using peer = await tcpPeer(echoing);
    const plan = { ...atRate(400), durationMs: 500, connections: 4, workers: 2 };
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, plan);
    expect(result).toMatchObject({ due: 200, lossRatio: 0, unsent: 0, failures: [], offeredPerSecond: 400 });
    expect(result.counters.okCount).toBe(200);
    expect(result.achievedPerSecond).toBe((200 / result.elapsedMs) * 1_000);
  });

  it('should show a frozen server in every message that was due meanwhile', async () => {
    const frozen = Promise.withResolvers<() => void>();
    let messages = 0;
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        messages += 1;
        if (messages === 1) frozen.resolve(() => socket.write(bytes));
        else socket.write(bytes);
      });
    });
    // One connection: a closed loop would have a single slow message.
    const plan = { ...atRate(100), durationMs: 1_000 };
    using load = await ClockedLoad.start(`echo+tcp://127.0.0.1:${peer.port}`, plan);
    const thaw = await frozen.promise;
    load.pass(1_000);
    thaw();
    expect(await load.finished).toMatchObject({ due: 100, elapsedMs: 1_000 });
    const { begunCount, latencies, okCount } = load.counters;
    expect([begunCount, okCount, latencies.maxMs]).toEqual([100, 100, 1_000]);
    // Messages of each fifth of the second waited less than those of the previous fifth.
    for (let fifth = 0; fifth < 5; fifth += 1) {
      expect(latencies.countBetween(200 * fifth + 5, 200 * fifth + 205), `fifth ${fifth}`).toBe(20);
    }
  });

  it('should end workers without a message with the others', async () => {
    await using peer = await tcpPeer(echoing);
    const plan = { ...atRate(10), durationMs: 100, connections: 2, workers: 2 };
    // A worker that waits for its first message would wait for an hour.
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?timeout=1h`, plan);
    expect(result).toMatchObject({ due: 1, lossRatio: 0 });
  });

  it('should count a reply that comes in time after the end of the load', async () => {
    const asked = Promise.withResolvers<() => void>();
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => asked.resolve(() => socket.write(bytes)));
    });
    const plan = { ...atRate(10), durationMs: 100 };
    using load = await ClockedLoad.start(`echo+tcp://127.0.0.1:${peer.port}`, plan);
    const answer = await asked.promise;
    load.pass(TIMEOUT_MS - 1);
    answer();
    // The time after the end counts.
    expect(await load.finished).toMatchObject({ due: 1, elapsedMs: TIMEOUT_MS - 1 });
    expect(load.counters.okCount).toBe(1);
  });
});
