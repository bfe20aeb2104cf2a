import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { takeSample, takeSamples } from '../clocked-samples.ts';
import { freeTcpPort, type Peer, tcpPeer } from '../peers.ts';
import { takeTimelySamples } from '../take-samples.ts';

const DAYTIME = 'Friday, November 20, 2026 07:13:05-UTC';
const CLOCK_SHIFT_MS = -12_345.678;

/** A session server; the test makes the line for each request. */
function sessionPeer(answer: (request: string, socket: Socket) => string | undefined): Promise<Peer> {
  return tcpPeer((socket) => {
    let pending = '';
    socket.on('data', (chunk: Buffer) => {
      const requests = (pending + chunk.toString()).split('\n');
      pending = requests.pop() ?? '';
      for (const request of requests) {
        const line = answer(request, socket);
        if (line !== undefined) socket.write(`${line}\r\n`);
      }
    });
    socket.on('end', () => socket.end());
  });
}

function shiftedNs(): bigint {
  return Temporal.Now.instant().epochNanoseconds + BigInt(Math.round(CLOCK_SHIFT_MS * 1e6));
}

function timestamp(request: string): string {
  if (request === 'timestamp-ns') return `${shiftedNs()}`;
  return request === 'timestamp-ms' ? `${shiftedNs() / 1_000_000n}` : DAYTIME;
}

describe.each(['fresh', 'sticky'])('a session, %s', (flow) => {
  const urlOf = ({ port }: { readonly port: number }, more = ''): string =>
    `session+tcp://127.0.0.1:${port}?flow=${flow}${more}`;

  it("should measure the target's clock within the stated error", async () => {
    await using peer = await sessionPeer(timestamp);
    const { samples, clocks } = await takeTimelySamples(urlOf(peer), 12);
    expect(samples.map(({ outcome }) => outcome)).toEqual(Array(12).fill('ok'));
    expect(clocks.length).toBeGreaterThanOrEqual(12);
    for (const { offsetMs, errorMs } of clocks) {
      expect(Math.abs(offsetMs - CLOCK_SHIFT_MS)).toBeLessThanOrEqual(errorMs);
      expect(errorMs).toBeGreaterThan(0);
      expect(errorMs).toBeLessThan(1_000);
    }
    // Within the first eight readings the error of the best one never grows.
    const errors = clocks.slice(0, 8).map(({ errorMs }) => errorMs);
    expect(errors).toEqual(errors.toSorted((one, other) => other - one));
  });

  it('should be bounded by the round trip, however late the server reads its clock', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.on('data', () => {
        const read = shiftedNs();
        setTimeout(() => socket.write(`${read}\r\n`), 100);
      });
    });
    const { clocks } = await takeTimelySamples(urlOf(peer), 1);
    expect(clocks[0]?.errorMs).toBeGreaterThan(49);
    expect(Math.abs((clocks[0]?.offsetMs ?? 0) - CLOCK_SHIFT_MS)).toBeLessThanOrEqual(
      clocks[0]?.errorMs ?? 0,
    );
    // The server read it at the beginning, not in the middle.
    expect(Math.abs((clocks[0]?.offsetMs ?? 0) - CLOCK_SHIFT_MS)).toBeGreaterThan(20);
  });

  it('should request milliseconds where there are no nanoseconds, and add their resolution to the error', async () => {
    const requests: string[] = [];
    await using peer = await sessionPeer((request) => {
      requests.push(request);
      return request === 'timestamp-ns' ? DAYTIME : timestamp(request);
    });
    const { samples, clocks } = await takeTimelySamples(urlOf(peer), 4);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(requests).toContain('timestamp-ms');
    for (const { offsetMs, errorMs } of clocks) {
      expect(errorMs).toBeGreaterThan(0.5);
      expect(Math.abs(offsetMs - CLOCK_SHIFT_MS)).toBeLessThanOrEqual(errorMs);
    }
  });

  it.each(['ERR unknown command', '500 What?', '-'])(
    'should request the next format where the reply is %j',
    async (refusal) => {
      const requests: string[] = [];
      await using peer = await sessionPeer((request) => {
        requests.push(request);
        return request === 'timestamp-ms' ? timestamp(request) : refusal;
      });
      const { samples, clocks } = await takeTimelySamples(urlOf(peer), 2);
      expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
      expect(requests).not.toContain('timestamp');
      for (const { offsetMs, errorMs } of clocks)
        expect(Math.abs(offsetMs - CLOCK_SHIFT_MS)).toBeLessThanOrEqual(errorMs);
    },
  );

  it('should not request another format where a time is damaged', async () => {
    const requests: string[] = [];
    await using peer = await sessionPeer((request) => {
      requests.push(request);
      return `${shiftedNs()}`.replace(/.$/, '\xb1');
    });
    const sample = await takeSample(urlOf(peer));
    expect(sample).toMatchObject({ outcome: 'malformed', detail: expect.stringContaining('timestamp-ns') });
    expect(new Set(requests)).toEqual(new Set(['timestamp-ns']));
  });

  it('should report the error line of a server that then closes or sends nothing more', async () => {
    const refused = /asked for timestamp-ns: expected .*, got "ERR no"/;
    await using closing = await sessionPeer((_request, socket) => void socket.end('ERR no\r\n'));
    const closed = await takeSample(urlOf(closing));
    expect(closed.outcome).toBe('malformed');
    expect(closed.detail).toMatch(refused);
    await using mute = await sessionPeer((request) => (request === 'timestamp-ns' ? 'ERR no' : undefined));
    const silent = await takeSample(urlOf(mute, '&timeout=200ms'));
    expect(silent.outcome).toBe('read_timeout');
    expect(silent.detail).toMatch(refused);
  });

  it('should be malformed when the line is no time, or never in the requested format', async () => {
    await using rude = await sessionPeer(() => 'go away');
    const sample = await takeSample(urlOf(rude));
    expect(sample.outcome).toBe('malformed');
    expect(sample.detail).toMatch(/^asked for timestamp: expected .*, got "go away/);
    await using stubborn = await sessionPeer(() => DAYTIME);
    const other = await takeSample(urlOf(stubborn));
    expect(other.outcome).toBe('malformed');
    expect(other.detail).toMatch(/^asked for timestamp: .*November 20, 2026/);
    await using endless = await tcpPeer((socket) =>
      socket.once('data', () => socket.write('1'.repeat(5_000))),
    );
    expect((await takeSample(urlOf(endless))).outcome).toBe('malformed');
  });

  it('should be closed, truncated or reset, as the peer ends it', async () => {
    await using closing = await sessionPeer((_request, socket) => void socket.end());
    expect((await takeSample(urlOf(closing))).outcome).toBe('closed');
    await using cutting = await sessionPeer((_request, socket) => void socket.end('17000'));
    expect((await takeSample(urlOf(cutting))).outcome).toBe('truncated');
    await using resetting = await sessionPeer((_request, socket) => void socket.resetAndDestroy());
    expect((await takeSample(urlOf(resetting))).outcome).toBe('reset');
  });

  it('should be a read timeout without a reply, and refused where nothing listens', async () => {
    await using silent = await sessionPeer(() => undefined);
    expect((await takeSample(urlOf(silent, '&timeout=200ms'))).outcome).toBe('read_timeout');
    expect((await takeSample(urlOf({ port: await freeTcpPort() }))).outcome).toBe('refused');
  });
});

it('should treat all lines that come with an error as part of the error', async () => {
  await using peer = await sessionPeer((request) =>
    request === 'timestamp-ms' ? timestamp(request) : 'ERR unknown command\r\nask for timestamp-ms',
  );
  const { outcome } = await takeSample(`session+tcp://127.0.0.1:${peer.port}`);
  expect(outcome).toBe('ok');
});

describe('a sticky session', () => {
  it('should request nanoseconds only once where there are none', async () => {
    const bySocket = new Map<Socket, string[]>();
    await using peer = await sessionPeer((request, socket) => {
      bySocket.set(socket, [...(bySocket.get(socket) ?? []), request]);
      return request === 'timestamp-ns' ? DAYTIME : timestamp(request);
    });
    // The interval is long enough for the first reply to come before the second request.
    await takeSamples(`session+tcp://127.0.0.1:${peer.port}?flow=sticky&interval=500ms`, 3);
    for (const requests of bySocket.values()) {
      expect(requests.slice(0, 4)).toEqual(['timestamp-ns', 'timestamp-ms', 'timestamp-ms', 'timestamp-ms']);
    }
  });

  it('should match replies to samples in order when the peer is slower than the interval', async () => {
    await using peer = await tcpPeer((socket) => {
      socket.on('data', (chunk: Buffer) => {
        for (const _ of chunk.toString().match(/\n/g) ?? []) {
          setTimeout(() => socket.write(`${shiftedNs()}\r\n`), 120);
        }
      });
    });
    const { samples } = await takeSamples(
      `session+tcp://127.0.0.1:${peer.port}?flow=sticky&interval=30ms`,
      8,
    );
    expect(samples.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const { rttMs } of samples) expect(rttMs).toBeGreaterThan(110);
  });
});
