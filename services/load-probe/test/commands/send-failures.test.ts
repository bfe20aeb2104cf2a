import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Outgoing } from '../../src/commands/send/outgoing.ts';
import { type SendResult, send, sendOverTcp } from '../../src/commands/send/run.ts';
import { systemClock } from '../../src/sampling/clock.ts';
import { echoing, freeTcpPort, fullPeer, nonAcceptingPeer, tcpPeer } from '../peers.ts';
import { base, context, expectFailure, LONG_MS, sendTo } from './sending.ts';

/** More than fits into the send and receive buffers of a loopback connection. */
const LARGE_DATA = { kind: 'data', bytes: Buffer.alloc(64 * 1024 ** 2, 'x') } as const satisfies Outgoing;
function sendToAddresses(
  texts: readonly string[],
  port: number,
  { dialTimeoutMs = LONG_MS }: { dialTimeoutMs?: number } = {},
): Promise<SendResult> {
  const addresses = texts.map((address) => ({ address, family: 4 as const }));
  const deadlineMs = systemClock.now() + dialTimeoutMs;
  return sendOverTcp(addresses, deadlineMs, { ...base, port }, context);
}

/** Moves the clock on: due timers run, and pending socket events are delivered. */
async function pass(milliseconds: number): Promise<void> {
  await setImmediate();
  await vi.advanceTimersByTimeAsync(milliseconds);
  await setImmediate();
}

afterEach(() => void vi.useRealTimers());

describe('send over TCP', () => {
  it('should succeed when the peer closes after a reply', async () => {
    await using peer = await tcpPeer(echoing);
    const result = await sendTo(peer.port);
    expect(result).toMatchObject({ sentBytes: 6, receivedBytes: 6 });
    expect(result.failure).toBeUndefined();
    expect(result.ends).toMatchObject({ remote: `127.0.0.1:${peer.port}` });
    expect(result.ends?.local).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('should report refused', async () => {
    const port = await freeTcpPort();
    const result = await sendTo(port);
    expectFailure(
      result,
      'refused',
      new RegExp(`^nothing listens on 127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\)$`),
    );
    expect(result.ends).toBeUndefined();
  });

  it('should report a name without an address', async () => {
    const result = await sendTo(7, { host: 'no-such-host.invalid' });
    expectFailure(result, 'dns', /no-such-host\.invalid/);
  });

  it('should distinguish a full accept queue of this host from an unanswered connect', async () => {
    await using peer = await fullPeer();
    const result = await sendTo(peer.port, { dialTimeoutMs: 1_500 });
    const words =
      /^no connection to 127\.0\.0\.1:\d+ within \d+ ms; (one SYN was|\d SYNs were) sent; the accept queue of the listener, which is on this host, is full: 2 connections wait to be accepted, and this host dropped \d+ more meanwhile$/;
    expectFailure(result, 'backlog_full', words);
  });

  it('should report reset, and after how many bytes', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.once('data', (bytes: Buffer) =>
        socket.write(bytes.subarray(0, 3), () => socket.resetAndDestroy()),
      );
    });
    const result = await sendTo(peer.port, { keepOpen: true });
    expectFailure(
      result,
      'reset',
      /reset the connection \(ECONNRESET\), after 6 bytes sent and [03] bytes received$/,
    );
  });

  it('should report closed without a reply', async () => {
    await using peer = await tcpPeer((socket) => void socket.resume().on('end', () => socket.end()));
    expectFailure(
      await sendTo(peer.port),
      'closed',
      /after 6 bytes sent and 0 bytes received, so without an answer$/,
    );
  });

  it('should report closed before everything was sent', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.once('data', (bytes) => socket.end(bytes));
    });
    const outgoing: Outgoing = {
      kind: 'lines',
      count: 3,
      each: (n) => Buffer.from(`${n}\n`),
      intervalMs: LONG_MS,
    };
    const result = await sendTo(peer.port, { outgoing });
    expectFailure(result, 'closed', /after 2 bytes sent and 2 bytes received, before everything was sent$/);
  });

  it.each([LONG_MS, 0])(
    'should report closed while data of a pipe are unsent, with a write timeout of %i ms',
    async (writeTimeoutMs) => {
      await using peer = await tcpPeer((socket) => {
        socket.once('data', () => {
          socket.pause();
          socket.end('no more, thanks');
        });
      });
      const outgoing: Outgoing = { kind: 'stream', stream: Readable.from([LARGE_DATA.bytes]) };
      const result = await sendTo(peer.port, { outgoing, writeTimeoutMs });
      expectFailure(result, 'closed', /and 15 bytes received, before everything was sent$/);
    },
  );

  it('should succeed when the peer closes while a pipe has no data', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.once('data', (bytes) => socket.end(bytes));
    });
    const stream = new Readable({ read() {} });
    stream.push('hello\n');
    const outgoing: Outgoing = { kind: 'stream', stream };
    const result = await sendTo(peer.port, { outgoing, writeTimeoutMs: 0 });
    expect(result).toMatchObject({ sentBytes: 6, receivedBytes: 6 });
    expect(result.failure).toBeUndefined();
  });

  it('should report a read timeout', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.once('data', (bytes) => socket.write(bytes));
    });
    const result = await sendTo(peer.port, { readTimeoutMs: 200 });
    const words =
      /sent nothing for 200 ms, after 6 bytes sent and 6 bytes received; the connection is still open$/;
    expectFailure(result, 'read_timeout', words);
  });

  it('should report a write timeout for a peer that does not read', async () => {
    await using peer = await tcpPeer((socket) => void socket.pause());
    const result = await sendTo(peer.port, { outgoing: LARGE_DATA, writeTimeoutMs: 300 });
    expectFailure(result, 'write_timeout', /accepted no data for 300 ms, after \d+ bytes sent/);
    expect(result.sentBytes).toBeLessThan(LARGE_DATA.bytes.length);
  });

  it('should not blame the peer for a pause between lines', async () => {
    await using peer = await tcpPeer(echoing);
    const outgoing: Outgoing = {
      kind: 'lines',
      count: 2,
      each: (n) => Buffer.from(`${n}\n`),
      intervalMs: 600,
    };
    expect((await sendTo(peer.port, { outgoing, readTimeoutMs: 300 })).failure).toBeUndefined();
  });

  it('should not blame the peer when the reader of its reply is slow', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const far = Promise.withResolvers<Socket>();
    await using peer = await tcpPeer((socket) => {
      socket.once('data', (bytes) => {
        socket.pause();
        socket.write(bytes);
        far.resolve(socket);
      });
    });
    const full = Promise.withResolvers<void>();
    const drained = Promise.withResolvers<void>();
    const receive = (): Promise<void> => {
      full.resolve();
      return drained.promise;
    };
    const options = {
      ...base,
      port: peer.port,
      outgoing: LARGE_DATA,
      readTimeoutMs: 700,
      writeTimeoutMs: 700,
    };
    const sending = send(options, { ...context, receive });
    await full.promise;
    // By then all buffers are full.
    for (let turns = 0; turns < 5_000; turns += 1) await setImmediate();
    await pass(1_000);
    drained.resolve();
    // The peer could not send while its reader was stopped, so its timeout starts now.
    await pass(600);
    echoing(await far.promise);
    const result = await sending;
    expect(result.failure).toBeUndefined();
    expect(result.receivedBytes).toBe(result.sentBytes);
  });

  it('should report a listener of this host that has not accepted the silent connection', async () => {
    await using peer = await nonAcceptingPeer();
    const result = await sendTo(peer.port, { readTimeoutMs: 200 });
    const words =
      /the connection is still open; its listener has not accepted one connection yet, maybe this one$/;
    expectFailure(result, 'read_timeout', words);
  });

  it('should try the next address when one fails', async () => {
    await using peer = await tcpPeer(echoing);
    const result = await sendToAddresses(['127.0.0.2', '127.0.0.1'], peer.port);
    expect(result.failure).toBeUndefined();
    expect(result.ends?.remote).toBe(`127.0.0.1:${peer.port}`);
    expect(result.ends?.failed?.map(({ failure }) => failure.detail)).toEqual([
      `nothing listens on 127.0.0.2:${peer.port} (ECONNREFUSED)`,
    ]);
  });

  it('should give a silent address the whole timeout, beside the next one', async () => {
    await using peer = await fullPeer();
    const result = await sendToAddresses(['127.0.0.1', '127.0.0.2'], peer.port, { dialTimeoutMs: 1_500 });
    expectFailure(
      result,
      'backlog_full',
      /^no connection to \S+ within 1[5-9]\d\d ms; .*; nothing listens on 127\.0\.0\.2:\d+ \(ECONNREFUSED\)$/,
    );
  });
});
