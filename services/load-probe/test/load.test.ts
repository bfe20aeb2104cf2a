import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { decodePayload } from '../src/payload.ts';
import { echoing, tcpPeer, udpPeer } from './peers.ts';
import { atRate, load } from './run-load.ts';

const LINE = 'Friday, November 20, 2026 07:13:05-UTC\r\n';

describe('a closed loop', () => {
  it('should send each message when the answer to the one before is there', async () => {
    let underWay = 0;
    let most = 0;
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        underWay += 1;
        most = Math.max(most, underWay);
        setImmediate(() => {
          underWay -= 1;
          socket.write(bytes);
        });
      });
    });
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, { connections: 3 });
    expect(result).toMatchObject({ lossRatio: 0, failures: [], unsent: 0, abandoned: 0 });
    expect(result.counters.okCount).toBeGreaterThan(30);
    expect(result.counters.latencies.count).toBe(result.counters.okCount);
    expect(result.counters.begunCount).toBe(result.due);
    expect(result.counters.openedCount).toBe(3);
    expect(result.elapsedMs).toBeGreaterThanOrEqual(300);
    expect(result.offeredPerSecond).toBeUndefined();
    expect(most).toBeLessThanOrEqual(3);
  });

  it('should have more messages under way only where it is asked to, whatever way the echo is cut', async () => {
    let seen = Buffer.alloc(0);
    let most = 0;
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        if (seen.length < 100_000) seen = Buffer.concat([seen, bytes]);
        most = Math.max(most, bytes.length);
        for (let at = 0; at < bytes.length; at += 37) socket.write(bytes.subarray(at, at + 37));
      });
    });
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?size=100`, { pipeline: 8 });
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(800);
    // Past the first exchange, which shows that the target is there: every message is one of its own, and whole.
    for (let sequence = 0; sequence < 50; sequence += 1) {
      const at = 100 * (sequence + 1);
      expect(decodePayload(seen.subarray(at, at + 100))).toMatchObject({ sequence });
    }
  });

  it('should share connections out among workers', async () => {
    await using peer = await tcpPeer(echoing);
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, { connections: 3, workers: 2 });
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(result.counters.openedCount).toBe(3);
    expect(result.counters.okCount).toBe(result.due);
  });

  it('should send messages of a megabyte', async () => {
    await using peer = await tcpPeer(echoing);
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?size=1MiB`, { connections: 2, pipeline: 2 });
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(result.counters.okCount).toBeGreaterThan(2);
  });

  it('should load echo over UDP', async () => {
    const ports = new Set<number>();
    await using peer = await udpPeer((bytes, reply, port) => {
      ports.add(port);
      reply(bytes);
    });
    const result = await load(`echo+udp://127.0.0.1:${peer.port}`, { connections: 3, pipeline: 4 });
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(result.counters.okCount).toBeGreaterThan(30);
    expect(result.counters.unexpectedCount).toBe(0);
    // Three and that of the first exchange.
    expect(ports.size).toBe(4);
  });

  it('should not count the time that a lost answer is waited for after the end', async () => {
    let datagrams = 0;
    await using peer = await udpPeer((bytes, reply) => {
      datagrams += 1;
      // The first is the exchange before the load, the second is lost as the last of its connection.
      if (datagrams !== 2) reply(bytes);
    });
    const plan = { connections: 2, durationMs: 200 };
    const result = await load(`echo+udp://127.0.0.1:${peer.port}?timeout=2s`, plan);
    expect(result.failures).toMatchObject([{ outcome: 'lost', count: 1 }]);
    expect(result.counters.okCount).toBeGreaterThan(10);
    expect(result.elapsedMs).toBeLessThan(1_500);
  });

  it('should load daytime over TCP, a connection for each line', async () => {
    let connections = 0;
    await using peer = await tcpPeer((socket) => {
      connections += 1;
      socket.end(LINE);
    });
    const result = await load(`daytime+tcp://127.0.0.1:${peer.port}`, { connections: 2 });
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(result.counters.okCount).toBeGreaterThan(10);
    expect(connections).toBe(result.counters.okCount + 1);
  });

  it('should load daytime over UDP', async () => {
    await using peer = await udpPeer((_bytes, reply) => reply(Buffer.from(LINE)));
    const result = await load(`daytime+udp://127.0.0.1:${peer.port}`, { connections: 2 });
    expect(result).toMatchObject({ lossRatio: 0, failures: [] });
    expect(result.counters.okCount).toBeGreaterThan(10);
  });

  it('should end early with what there is', async () => {
    const stopping = new AbortController();
    let messages = 0;
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        socket.write(bytes);
        messages += 1;
        if (messages === 20) stopping.abort();
      });
    });
    const result = await load(
      `echo+tcp://127.0.0.1:${peer.port}`,
      { durationMs: 60_000 },
      { signal: stopping.signal },
    );
    expect(result.isInterrupted).toBe(true);
    expect(result.counters.okCount).toBeGreaterThan(10);
    expect(result.lossRatio).toBe(0);
    expect(result.abandoned).toBeLessThanOrEqual(1);
    expect(result.elapsedMs).toBeLessThan(60_000);
  });
});

describe('an open loop', () => {
  it('should send as many messages as the rate says, over all workers', async () => {
    await using peer = await tcpPeer(echoing);
    const plan = { ...atRate(400), durationMs: 500, connections: 4, workers: 2 };
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, plan);
    expect(result).toMatchObject({ due: 200, lossRatio: 0, unsent: 0, failures: [], offeredPerSecond: 400 });
    expect(result.counters.okCount).toBe(200);
  });

  it('should fall short of the rate by what was lost, and not by the wait for it', async () => {
    let datagrams = 0;
    await using peer = await udpPeer((bytes, reply) => {
      datagrams += 1;
      if (datagrams <= 91) reply(bytes);
    });
    // The first was the exchange before the load, and the last ten of 100 get lost.
    const plan = { ...atRate(200), durationMs: 500, connections: 20 };
    const result = await load(`echo+udp://127.0.0.1:${peer.port}?timeout=2s`, plan);
    expect(result).toMatchObject({ due: 100, unsent: 0, failures: [{ outcome: 'lost', count: 10 }] });
    // A busy machine may answer the 90th a little late.
    expect(result.elapsedMs).toBeLessThan(1_500);
    expect(result.achievedPerSecond).toBe((90 / result.elapsedMs) * 1_000);
  });

  it('should show a server that freezes in every message that was due meanwhile', async () => {
    const FREEZE_MS = 1_000;
    type State =
      | { readonly name: 'answering' }
      | { readonly name: 'frozen'; readonly held: (() => void)[] }
      | { readonly name: 'thawed' };
    let state: State = { name: 'answering' };
    let messages = 0;
    await using peer = await tcpPeer((socket: Socket) => {
      socket.on('data', (bytes: Buffer) => {
        messages += 1;
        if (state.name === 'frozen') state.held.push(() => socket.write(bytes));
        else socket.write(bytes);
        if (messages !== 30) return;
        const held: (() => void)[] = [];
        state = { name: 'frozen', held };
        setTimeout(() => {
          state = { name: 'thawed' };
          for (const answer of held) answer();
        }, FREEZE_MS);
      });
    });
    // One connection: a loop that waited for the answer would have a single slow sample.
    const plan = { ...atRate(100), durationMs: 2_000 };
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, plan);
    expect(result).toMatchObject({ due: 200, lossRatio: 0, unsent: 0 });
    const { latencies } = result.counters;
    // About 100 were due in the second: those of each fifth of it waited so much less than those before.
    for (let fifth = 0; fifth < 4; fifth += 1) {
      const due = latencies.countBetween((FREEZE_MS * fifth) / 5 + 1, (FREEZE_MS * (fifth + 1)) / 5 + 1);
      // The first one also has what is slow because this machine is.
      expect(due, `fifth ${fifth}`).toBeGreaterThanOrEqual(15);
      if (fifth > 0) expect(due, `fifth ${fifth}`).toBeLessThanOrEqual(25);
    }
    expect(latencies.countBetween(100, Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(85);
    expect(latencies.maxMs).toBeGreaterThan(FREEZE_MS - 30);
  });

  it('should report what a server that is too slow did not take, and not slow down', async () => {
    const ANSWER_MS = 20;
    const dues: number[] = [];
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => {
        dues.push(Date.now());
        setTimeout(() => socket.write(bytes), ANSWER_MS);
      });
    });
    // One connection takes 50 a second at most; for 0.6 s and the timeout after it that makes 40 of 240.
    const plan = { ...atRate(400), durationMs: 600 };
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?timeout=200ms`, plan);
    expect(result.due).toBe(240);
    expect(result.failures).toEqual([]);
    expect(result.counters.okCount).toBeLessThanOrEqual(42);
    expect(result.counters.okCount).toBeGreaterThan(10);
    expect(result.unsent).toBe(240 - result.counters.okCount);
    expect(result.lossRatio).toBeCloseTo(result.unsent / 240);
    expect(result.achievedPerSecond).toBeLessThan(60);
    expect(result.offeredPerSecond).toBe(400);
    // Those that were sent last had waited longer than the server takes.
    expect(result.counters.latencies.maxMs).toBeGreaterThan(10 * ANSWER_MS);
  });

  it('should have workers without a message end with the others', async () => {
    await using peer = await tcpPeer(echoing);
    const plan = { ...atRate(10), durationMs: 100, connections: 2, workers: 2 };
    const before = performance.now();
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}?timeout=1m`, plan);
    expect(result).toMatchObject({ due: 1, lossRatio: 0 });
    expect(performance.now() - before).toBeLessThan(30_000);
  });

  it('should count an answer that came in time after the end', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes: Buffer) => setTimeout(() => socket.write(bytes), 400));
    });
    const plan = { ...atRate(10), durationMs: 100 };
    const result = await load(`echo+tcp://127.0.0.1:${peer.port}`, plan);
    expect(result).toMatchObject({ due: 1, lossRatio: 0 });
    expect(result.elapsedMs).toBeGreaterThanOrEqual(390);
    // One message in 0.4 s, though ten a second were due: the time after the end counts.
    expect(result.achievedPerSecond).toBeLessThan(3);
  });
});
