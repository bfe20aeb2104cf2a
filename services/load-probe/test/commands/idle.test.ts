import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { IdleProtocol } from '../../src/commands/idle/request.ts';
import { findIdleLimit, type IdleSearch } from '../../src/commands/idle/run.ts';
import { systemClock } from '../../src/sampling/clock.ts';
import { describeUdpEngines } from '../clocked-samples.ts';
import { idleTimeoutPeer, LIMIT_MS } from '../idle-timeout-peer.ts';
import { echoing, freeTcpPort, freeUdpPort, tcpPeer, udpPeer } from '../peers.ts';
import { testUdp } from '../take-samples.ts';

interface Given {
  readonly protocol?: IdleProtocol;
  readonly maxMs?: number;
  readonly resolutionMs?: number;
  readonly signal?: AbortSignal;
  flowEnded?(): void;
}

const STEP_MS = 10;
/** More turns of the event loop than an exchange needs; both its ends are in this process. */
const TURNS = 10;

// The clock moves in steps when the sockets are idle; the sockets are real.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

async function search(port: number, given: Given = {}): Promise<IdleSearch> {
  let result: IdleSearch | undefined;
  const searching = startSearch(port, given).then((found) => {
    result = found;
  });
  while (result === undefined) {
    for (let turn = 0; turn < TURNS; turn += 1) await setImmediate();
    vi.advanceTimersByTime(STEP_MS);
  }
  await searching;
  return result;
}

function startSearch(port: number, given: Given): Promise<IdleSearch> {
  const { maxMs = 2_000, protocol = 'echo-tcp', resolutionMs = 200, signal } = given;
  return findIdleLimit(
    {
      host: '127.0.0.1',
      protocol,
      port,
      maxMs,
      resolutionMs,
      timeoutMs: 500,
      clock: systemClock,
      udp: testUdp.engine,
      signal: signal ?? new AbortController().signal,
    },
    { failed() {}, opened() {}, flowEnded: () => given.flowEnded?.() },
  );
}

/** Expects the idle limit, exact to a step of the clock and the resolution of the search. */
function expectTheLimit(milliseconds: number): void {
  expect(milliseconds).toBeGreaterThanOrEqual(LIMIT_MS - STEP_MS);
  expect(milliseconds).toBeLessThanOrEqual(LIMIT_MS + 200 + STEP_MS);
}

describe('an idle connection', () => {
  it('should be found dead by FIN, at the time of the FIN, together with all others', async () => {
    await using peer = await idleTimeoutPeer((socket) => void socket.end());
    const { result } = await search(peer.port);
    if (result.name !== 'died') expect.fail(JSON.stringify(result));
    expect(result.death).toMatchObject({ cause: 'fin', whenAsked: false });
    expect(result.death.together?.died).toBe(result.death.together?.of);
    expect(result.death.together?.of).toBeGreaterThan(2);
    expectTheLimit(result.death.idleMs);
  });

  it('should be found dead at the time of a FIN that came together with its request', async () => {
    // All connections are closed at the second request on the first.
    const open = new Set<Socket>();
    await using peer = await tcpPeer((socket) => {
      open.add(socket);
      socket.once('data', (bytes) => {
        socket.write(bytes);
        socket.once('data', () => {
          for (const other of open) other.end();
        });
      });
    });
    const { result } = await search(peer.port);
    if (result.name !== 'died') expect.fail(JSON.stringify(result));
    expect(result.death).toMatchObject({ cause: 'fin', whenAsked: false });
    expect(result.death.together).toEqual({ died: 9, of: 9 });
  });

  it('should be found dead by RST', async () => {
    await using peer = await idleTimeoutPeer((socket) => void socket.resetAndDestroy());
    const { result } = await search(peer.port);
    expect(result).toMatchObject({ name: 'died', death: { cause: 'reset', whenAsked: false } });
  });

  it('should be found dead by RST that comes only after a request', async () => {
    await using peer = await tcpPeer((socket) => {
      let lastMs: number | undefined;
      socket.on('data', (bytes) => {
        const isForgotten = lastMs !== undefined && performance.now() - lastMs > LIMIT_MS;
        lastMs = performance.now();
        if (isForgotten) socket.resetAndDestroy();
        else socket.write(bytes);
      });
    });
    const { result } = await search(peer.port);
    if (result.name !== 'died') expect.fail(JSON.stringify(result));
    expect(result.death).toMatchObject({ cause: 'reset', whenAsked: true });
    expectTheLimit(result.death.idleMs);
    expect(result.aliveMs).toBeLessThan(result.death.idleMs);
  });

  it('should be found dead when no reply comes', async () => {
    const forgotten = new Set<Socket>();
    await using peer = await tcpPeer((socket) => {
      let timer: NodeJS.Timeout | undefined;
      socket.on('data', (bytes) => {
        if (forgotten.has(socket)) return;
        clearTimeout(timer);
        socket.write(bytes);
        timer = setTimeout(() => forgotten.add(socket), LIMIT_MS);
      });
      socket.on('close', () => clearTimeout(timer));
    });
    let told = 0;
    const flowEnded = (): void => {
      told += 1;
    };
    const { outcomes, result } = await search(peer.port, { flowEnded });
    if (result.name !== 'died') expect.fail(JSON.stringify(result));
    expect(result.death).toMatchObject({ cause: 'silent', whenAsked: true });
    expectTheLimit(result.death.idleMs);
    // Flows with a pending request, which were closed after the dead one was found, are not reported.
    await setImmediate();
    expect(told).toBe(outcomes.length);
  });

  it('should also get a request after the longest time, and survive', async () => {
    await using peer = await tcpPeer(echoing);
    const { outcomes, result } = await search(peer.port, { maxMs: 500, resolutionMs: 100 });
    expect(result.name).toBe('survived');
    expect(outcomes).toHaveLength(5);
    if (result.name === 'survived') expect(result.aliveMs).toBeGreaterThanOrEqual(500);
  });

  it('should not be confused with a connection that died of another cause', async () => {
    let isOneDead = false;
    await using peer = await tcpPeer((socket) => {
      let questions = 0;
      socket.on('data', () => {
        questions += 1;
      });
      echoing(socket);
      setTimeout(() => {
        if (isOneDead || questions > 1) return;
        isOneDead = true;
        socket.destroy();
      }, 400).unref();
    });
    const { result } = await search(peer.port, { maxMs: 1_000, resolutionMs: 100 });
    expect(result).toMatchObject({ name: 'contradictory', death: { cause: 'fin' } });
  });

  it('should be searched in a second, finer round when the first is too coarse', async () => {
    const forgotten = new Set<Socket>();
    let connections = 0;
    await using peer = await tcpPeer((socket) => {
      connections += 1;
      let timer: NodeJS.Timeout | undefined;
      socket.on('data', (bytes) => {
        if (forgotten.has(socket)) return;
        clearTimeout(timer);
        socket.write(bytes);
        timer = setTimeout(() => forgotten.add(socket), LIMIT_MS);
      });
      socket.on('close', () => clearTimeout(timer));
    });
    // 64 flows over 20 s are more than 300 ms apart.
    const { result } = await search(peer.port, { maxMs: 20_000, resolutionMs: 100 });
    if (result.name !== 'died') expect.fail(JSON.stringify(result));
    expect(connections).toBeGreaterThan(64);
    expect(result.death.idleMs - result.aliveMs).toBeLessThan(300);
  });

  it('should not be confused with one that died in a finer round, earlier than others lived before', async () => {
    const LAST_OF_FIRST_ROUND = 64;
    let connections = 0;
    await using peer = await tcpPeer((socket) => {
      connections += 1;
      const isFirstRound = connections <= LAST_OF_FIRST_ROUND;
      let timer: NodeJS.Timeout | undefined;
      let lastMs = performance.now();
      socket.on('close', () => clearTimeout(timer));
      socket.on('data', (bytes) => {
        const isForgotten = performance.now() - lastMs > LIMIT_MS;
        lastMs = performance.now();
        if (isForgotten) return;
        socket.write(bytes);
        if (!isFirstRound) timer = setTimeout(() => socket.end(), 50);
      });
    });
    const { result } = await search(peer.port, { maxMs: 5 * LIMIT_MS, resolutionMs: 10 });
    if (result.name !== 'contradictory') expect.fail(JSON.stringify(result));
    expect(result.death).toMatchObject({ cause: 'fin', whenAsked: false });
    expect(result.death.idleMs).toBeLessThan(result.aliveMs);
  });

  it('should not be confused with a target that does not work at all', async () => {
    const { result } = await search(await freeTcpPort());
    expect(result).toEqual({
      name: 'failed',
      detail: expect.stringMatching(/^nothing listens on .* \(ECONNREFUSED\)$/),
    });
    await using peer = await tcpPeer((socket) => {
      socket.on('data', () =>
        socket.write('something else, and more of it than anybody asked for in sixty-four bytes'),
      );
    });
    expect((await search(peer.port)).result).toEqual({
      name: 'failed',
      detail: expect.stringContaining('sent something else than the answer, before it was idle at all'),
    });
  });

  it('should report how many flows were opened when not all were', async () => {
    let connections = 0;
    await using peer = await tcpPeer((socket) => {
      connections += 1;
      if (connections > 3) socket.destroy();
      else echoing(socket);
    });
    expect((await search(peer.port)).result).toEqual({
      name: 'failed',
      detail: expect.stringMatching(
        /^only 3 of 10 flows could be opened: .*; a coarser --resolution needs fewer$/,
      ),
    });
  });

  it('should be tested over a session too', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (bytes) => {
        if (bytes.toString() === 'timestamp\n') socket.write('1795158785\r\n');
      });
    });
    const given = { protocol: 'session-tcp', maxMs: 200, resolutionMs: 100 } as const;
    expect((await search(peer.port, given)).result.name).toBe('survived');
  });

  it('should be closed when stopped, with the results so far', async () => {
    await using peer = await tcpPeer(echoing);
    const stop = new AbortController();
    const given = { maxMs: 60_000, resolutionMs: 1_000, signal: stop.signal, flowEnded: () => stop.abort() };
    const { result } = await search(peer.port, given);
    if (result.name !== 'interrupted') expect.fail(JSON.stringify(result));
    expect(result.aliveMs).toBeGreaterThanOrEqual(1_000);
  });
});

describeUdpEngines('an idle UDP flow', () => {
  const udp = { protocol: 'echo-udp', maxMs: 600, resolutionMs: 200 } as const;

  it('should survive, also when datagrams get lost', async () => {
    const datagrams = new Map<number, number>();
    await using peer = await udpPeer((bytes, reply, port) => {
      const count = (datagrams.get(port) ?? 0) + 1;
      datagrams.set(port, count);
      if (count % 3 === 0) reply(bytes);
    });
    expect((await search(peer.port, udp)).result.name).toBe('survived');
  });

  it('should be found dead when no reply comes', async () => {
    const lastMs = new Map<number, number>();
    await using peer = await udpPeer((bytes, reply, port) => {
      const isFirst = !lastMs.has(port);
      lastMs.set(port, performance.now());
      if (isFirst) reply(bytes);
    });
    expect((await search(peer.port, udp)).result).toMatchObject({
      name: 'died',
      aliveMs: 0,
      death: { cause: 'silent', whenAsked: true },
    });
  });

  it('should not be confused with a port without a listener', async () => {
    const { result } = await search(await freeUdpPort(), udp);
    expect(result).toEqual({ name: 'failed', detail: expect.stringContaining('(ECONNREFUSED)') });
  });
});
