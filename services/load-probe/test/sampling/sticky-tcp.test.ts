import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { takeSample, takeSamples } from '../clocked-samples.ts';
import { eachHeader, eachPayload } from '../payload-stream.ts';
import { echoing, flipBit, freeTcpPort, tcpPeer } from '../peers.ts';

function urlOf(port: number, more = ''): string {
  return `echo+tcp://127.0.0.1:${port}?flow=sticky${more}`;
}

describe('a sticky echo over TCP', () => {
  it('should take all samples over one connection, which the first sample opens', async () => {
    await using peer = await tcpPeer(echoing);
    const { samples, duplicates, reordered, deaths } = await takeSamples(urlOf(peer.port), 10);
    expect(samples.map(({ outcome }) => outcome)).toEqual(Array(10).fill('ok'));
    expect(samples.filter(({ phases }) => phases.connect !== undefined)).toEqual([samples[0]]);
    for (const { phases } of samples) {
      expect(phases.total).toBeGreaterThanOrEqual(phases.first_byte ?? Number.NaN);
    }
    expect({ duplicates, reordered, deaths }).toEqual({ duplicates: 0, reordered: 0, deaths: [] });
  });

  it('should open one connection for a run', async () => {
    const runs = new Map<number, Set<Socket>>();
    await using peer = await tcpPeer((socket) => {
      eachPayload(socket, (payload, { run }) => {
        runs.set(run, (runs.get(run) ?? new Set()).add(socket));
        socket.write(payload);
      });
    });
    await takeSamples(urlOf(peer.port), 5);
    expect([...runs.values()].map(({ size }) => size)).toEqual(Array(runs.size).fill(1));
  });

  it('should pipeline, and match late replies to their own samples', async () => {
    let first: Buffer | undefined;
    await using peer = await tcpPeer((socket) =>
      eachPayload(socket, (payload, { sequence }) => {
        if (sequence === 0) {
          first = payload;
          setTimeout(() => socket.write(first!), 300);
        } else {
          socket.write(payload);
        }
      }),
    );
    const { samples, reordered } = await takeSamples(urlOf(peer.port, '&timeout=100ms'), 4);
    const late = samples.find(({ sequence }) => sequence === 0);
    expect(late?.outcome).toBe('late');
    expect(late?.detail).toMatch(/^the answer of 127\.0\.0\.1:\d+ came \d+ ms after the request$/);
    expect(late?.rttMs).toBeGreaterThan(280);
    expect(samples.filter(({ outcome }) => outcome === 'ok').map(({ sequence }) => sequence)).toEqual([
      1, 2, 3,
    ]);
    expect(reordered).toBe(1);
  });

  it('should be lost when only later samples have replies', async () => {
    await using peer = await tcpPeer((socket) =>
      eachPayload(socket, (payload, { sequence }) => {
        if (sequence !== 1) socket.write(payload);
      }),
    );
    const { samples, reordered } = await takeSamples(urlOf(peer.port, '&timeout=100ms'), 3);
    const outcomes = samples.toSorted((a, b) => a.sequence - b.sequence).map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['ok', 'lost', 'ok']);
    expect(reordered).toBe(0);
  });

  it('should be a read timeout when no reply comes', async () => {
    await using peer = await tcpPeer((socket) => socket.resume());
    const { samples, deaths } = await takeSamples(urlOf(peer.port, '&timeout=100ms'), 2);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['read_timeout', 'read_timeout']);
    expect(samples[0]?.detail).toBe(`127.0.0.1:${peer.port} sent no whole answer within 1100 ms`);
    expect(deaths).toEqual([]);
  });

  it('should be a write timeout when the peer does not read, also for later samples', async () => {
    await using peer = await tcpPeer((socket) => socket.pause());
    const { samples } = await takeSamples(urlOf(peer.port, '&timeout=1500ms&size=16MiB&interval=500ms'), 2);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['write_timeout', 'write_timeout']);
  });

  it('should hold requests while the send buffer is full, and send them when it has room', async () => {
    const sizeBytes = 8 * 1024 ** 2;
    const arrived: number[] = [];
    await using peer = await tcpPeer((socket) => {
      socket.pause();
      setTimeout(() => {
        eachHeader(socket, sizeBytes, ({ sequence }) => arrived.push(sequence));
        echoing(socket);
      }, 1_000);
    });
    const url = urlOf(peer.port, `&timeout=20s&size=${sizeBytes}&interval=400ms`);
    const { samples } = await takeSamples(url, 3);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
    expect(arrived).toEqual([0, 1, 2]);
  });

  it('should never send a held request whose sample was given up', async () => {
    const timeoutMs = 500;
    const sizeBytes = 8 * 1024 ** 2;
    const received = new Map<number, number[]>();
    let resumedAt = 0;
    await using peer = await tcpPeer((socket) => {
      socket.pause();
      setTimeout(() => {
        resumedAt = Date.now();
        eachHeader(socket, sizeBytes, ({ run, sequence }) => {
          received.set(run, [...(received.get(run) ?? []), sequence]);
        });
        socket.resume();
      }, 1_000);
    });
    const url = urlOf(peer.port, `&timeout=${timeoutMs}ms&size=${sizeBytes}&interval=300ms`);
    const { samples } = await takeSamples(url, 5);
    // The kernel may already have a part of a request that is given up later.
    const unsent = samples.filter(
      ({ at, outcome, sequence }) =>
        outcome === 'write_timeout' && sequence > 0 && at + timeoutMs < resumedAt,
    );
    expect(unsent.length).toBeGreaterThan(0);
    const sequences = [...received.values()].at(-1) ?? [];
    // A request that the kernel had a part of was sent completely.
    expect(sequences).toContain(0);
    for (const { sequence } of unsent) expect(sequences).not.toContain(sequence);
  });

  it('should count duplicate replies', async () => {
    await using peer = await tcpPeer((socket) =>
      eachPayload(socket, (payload) => {
        socket.write(payload);
        socket.write(payload);
      }),
    );
    const { samples, duplicates } = await takeSamples(urlOf(peer.port), 4);
    expect(samples.every(({ outcome }) => outcome === 'ok')).toBe(true);
    // The second reply to the last request may come after the connection is closed.
    expect(duplicates).toBeGreaterThanOrEqual(3);
    expect(duplicates).toBeLessThanOrEqual(4);
  });

  it('should fail only the sample of a corrupt reply', async () => {
    await using peer = await tcpPeer((socket) =>
      eachPayload(socket, (payload, { sequence }) =>
        socket.write(sequence === 1 ? flipBit(payload, 30) : payload),
      ),
    );
    const { samples } = await takeSamples(urlOf(peer.port), 4);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'corrupt', 'ok', 'ok']);
    expect(samples[1]?.detail).toMatch(/^byte 30 came back as 0x/);
  });

  it('should be corrupt where unexpected bytes come before a reply, and then be in step again', async () => {
    const strange = Buffer.alloc(10, 'A');
    await using peer = await tcpPeer((socket) =>
      eachPayload(socket, (payload, { sequence }) => {
        socket.write(sequence % 3 === 2 ? Buffer.concat([strange, payload]) : payload);
      }),
    );
    const { samples, duplicates } = await takeSamples(urlOf(peer.port), 6);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'corrupt', 'ok', 'ok', 'corrupt']);
    expect(samples[2]?.detail).toBe('byte 0 came back as 0x41, sent was 0x4c');
    // The right reply behind them is no duplicate.
    expect(duplicates).toBe(0);
  });

  it.each([3, 64, 200])(
    'should fail the next sample for %i unexpected bytes that came while no sample waited',
    async (count) => {
      await using peer = await tcpPeer((socket) =>
        eachPayload(socket, (payload, { sequence }) => {
          socket.write(sequence === 1 ? Buffer.concat([payload, Buffer.alloc(count, 'A')]) : payload);
        }),
      );
      const { samples, duplicates } = await takeSamples(urlOf(peer.port), 5);
      expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'corrupt', 'ok', 'ok']);
      expect(duplicates).toBe(0);
      // The bytes came before its request.
      expect(samples[2]?.phases.first_byte ?? 0).toBeGreaterThanOrEqual(0);
    },
  );

  it('should fail only the sample of a reply with unexpected bytes in the middle', async () => {
    await using peer = await tcpPeer((socket) =>
      eachPayload(socket, (payload, { sequence }) => {
        const strange = Buffer.alloc(sequence === 1 ? 10 : 0, 'A');
        socket.write(Buffer.concat([payload.subarray(0, 40), strange, payload.subarray(40)]));
      }),
    );
    const { samples, duplicates } = await takeSamples(urlOf(peer.port), 4);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'corrupt', 'ok', 'ok']);
    expect(duplicates).toBe(0);
  });

  it('should die of a FIN, be opened again, and report its age', async () => {
    await using peer = await tcpPeer((socket) =>
      eachPayload(socket, (payload, { sequence }) => {
        socket.write(payload);
        if (sequence === 2) socket.end();
      }),
    );
    // The interval is long enough that no request crosses the FIN when the machine stalls.
    const { samples, deaths } = await takeSamples(urlOf(peer.port, '&interval=500ms'), 5);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    expect(
      samples.filter(({ phases }) => phases.connect !== undefined).map(({ sequence }) => sequence),
    ).toEqual([0, 3]);
    expect(deaths).toMatchObject([{ cause: 'fin' }]);
    expect(deaths[0]?.ageMs).toBeGreaterThan(150);
    expect(deaths[0]?.ageMs).toBeLessThan(5_000);
    expect(Math.abs((deaths[0]?.at ?? 0) - samples[2]!.at)).toBeLessThan(1_000);
  });

  it('should look the name up again when it is opened again', async () => {
    await using peer = await tcpPeer((socket) =>
      eachPayload(socket, (payload, { sequence }) => {
        socket.write(payload);
        if (sequence === 1) socket.end();
      }),
    );
    // As above.
    const url = `echo+tcp://localhost:${peer.port}?flow=sticky&interval=500ms`;
    const { samples } = await takeSamples(url, 4);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(samples.map(({ phases }) => phases.dns !== undefined)).toEqual([true, false, true, false]);
  });

  it('should be closed or truncated when the FIN comes before the whole reply', async () => {
    await using silent = await tcpPeer((socket) => socket.once('data', () => socket.end()));
    expect(await takeSample(urlOf(silent.port))).toMatchObject({
      outcome: 'closed',
      detail: `127.0.0.1:${silent.port} closed the connection without an answer`,
    });
    await using cutting = await tcpPeer((socket) =>
      socket.once('data', (bytes: Buffer) => socket.end(bytes.subarray(0, 10))),
    );
    expect(await takeSample(urlOf(cutting.port))).toMatchObject({
      outcome: 'truncated',
      detail: `127.0.0.1:${cutting.port} sent 10 bytes of an answer and closed the connection`,
    });
  });

  it('should die of a reset', async () => {
    await using peer = await tcpPeer((socket) =>
      eachPayload(socket, (payload, { sequence }) => {
        if (sequence === 1) socket.resetAndDestroy();
        else socket.write(payload);
      }),
    );
    // As above.
    const { samples, deaths } = await takeSamples(urlOf(peer.port, '&interval=500ms'), 4);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'reset', 'ok', 'ok']);
    expect(deaths.map(({ cause }) => cause)).toEqual(['reset']);
  });

  it('should be refused where nothing listens, and count no death', async () => {
    const port = await freeTcpPort();
    const { samples, deaths } = await takeSamples(urlOf(port), 3);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
    expect(deaths).toEqual([]);
  });
});
