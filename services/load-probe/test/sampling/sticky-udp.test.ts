import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import type { FlowDeath } from '../../src/monitor/status/types.ts';
import { AddressMemory } from '../../src/net/address-memory.ts';
import { decodePayload } from '../../src/payload/payload.ts';
import { systemClock } from '../../src/sampling/clock.ts';
import { StickyProber } from '../../src/sampling/sticky/sticky-prober.ts';
import { describeUdpEngines, takeSample, takeSamples } from '../clocked-samples.ts';
import { flipBit, freeUdpPort, udpPeer } from '../peers.ts';
import { targetOf, testUdp } from '../take-samples.ts';

function urlOf(port: number, more = ''): string {
  return `echo+udp://127.0.0.1:${port}?flow=sticky${more}`;
}

/** Takes samples one after the other over one prober with a shorter silence than half a minute. */
async function probeWithSilence(url: string, count: number, silenceMs: number) {
  const target = targetOf(url);
  if (target.protocol !== 'echo-udp') throw new Error(`${url} is not for this test`);
  const deaths: FlowDeath[] = [];
  const { signal } = new AbortController();
  const prober = new StickyProber({
    target: { ...target, protocol: target.protocol },
    clock: systemClock,
    signal,
    events: { duplicate() {}, died: (death) => void deaths.push(death) },
    memory: new AddressMemory(systemClock),
    silenceMs,
  });
  const outcomes: string[] = [];
  for (let sequence = 0; sequence < count; sequence += 1) {
    const startMs = systemClock.now();
    const deadlineMs = startMs + target.timeoutMs;
    const attempt = {
      target,
      run: 7,
      sequence,
      startMs,
      deadlineMs,
      clock: systemClock,
      udp: testUdp.engine,
      signal,
    };
    outcomes.push((await prober.probe(attempt)).result.outcome);
  }
  prober.close();
  return { outcomes, deaths };
}

describeUdpEngines('a sticky echo over UDP', () => {
  it('should send all samples from one port', async () => {
    const portsOfRun = new Map<number, Set<number>>();
    await using peer = await udpPeer((bytes, reply, fromPort) => {
      const { run = -1 } = decodePayload(bytes) ?? {};
      portsOfRun.set(run, (portsOfRun.get(run) ?? new Set()).add(fromPort));
      reply(bytes);
    });
    const { samples, deaths } = await takeSamples(urlOf(peer.port), 10);
    expect(samples.map(({ outcome }) => outcome)).toEqual(Array(10).fill('ok'));
    expect([...portsOfRun.values()].map(({ size }) => size)).toEqual(Array(portsOfRun.size).fill(1));
    expect(deaths).toEqual([]);
  });

  it('should match replies to samples by their payload', async () => {
    const held: (() => void)[] = [];
    await using peer = await udpPeer((bytes, reply) => {
      const { sequence = -1 } = decodePayload(bytes) ?? {};
      if (sequence === 0) held.push(() => reply(bytes));
      else if (sequence === 1) reply(flipBit(bytes, 40));
      else if (sequence === 2) reply(bytes.subarray(0, 30));
      else if (sequence === 4) {
        reply(bytes);
        reply(bytes);
        for (const release of held.splice(0)) release();
      } else if (sequence !== 3) reply(bytes);
    });
    const { samples, duplicates, reordered } = await takeSamples(urlOf(peer.port, '&timeout=500ms'), 6);
    expect(samples.toSorted((a, b) => a.sequence - b.sequence).map(({ outcome }) => outcome)).toEqual([
      'ok',
      'corrupt',
      'truncated',
      'lost',
      'ok',
      'ok',
    ]);
    expect({ duplicates, reordered }).toEqual({ duplicates: 1, reordered: 1 });
  });

  it('should be late with the right reply after the timeout', async () => {
    await using peer = await udpPeer((bytes, reply) => void setTimeout(() => reply(bytes), 250));
    const sample = await takeSample(urlOf(peer.port, '&timeout=100ms'));
    expect(sample.outcome).toBe('late');
    expect(sample.rttMs).toBeGreaterThan(240);
  });

  it('should be refused where nothing listens, and count no death', async () => {
    const port = await freeUdpPort();
    const { samples, deaths } = await takeSamples(urlOf(port), 3);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
    expect(samples[0]?.detail).toBe(`nothing listens on 127.0.0.1:${port} (ECONNREFUSED)`);
    expect(deaths).toEqual([]);
  });

  it('should die when a peer refuses after replies', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.on('message', (bytes: Buffer, { port: from, address }) => {
      const isLast = decodePayload(bytes)?.sequence === 2;
      socket.send(bytes, from, address, () => isLast && socket.close());
    });
    const { outcomes, deaths } = await probeWithSilence(urlOf(port), 4, 10_000);
    expect(outcomes).toEqual(['ok', 'ok', 'ok', 'refused']);
    expect(deaths.map(({ cause }) => cause)).toEqual(['refused']);
  });

  it('should survive losses, and be given up after a long silence', async () => {
    const ports: number[] = [];
    await using peer = await udpPeer((bytes, reply, fromPort) => {
      ports.push(fromPort);
      // As with a stale conntrack entry: the first flow is dead, every other works.
      if (ports.length === 1 || fromPort !== ports[0]) reply(bytes);
    });
    // Each loss is known after 1050 ms, grace time included. The third loss exceeds the allowed silence.
    const { outcomes, deaths } = await probeWithSilence(urlOf(peer.port, '&timeout=50ms'), 5, 2_500);
    expect(outcomes).toEqual(['ok', 'lost', 'lost', 'lost', 'ok']);
    expect(new Set(ports).size).toBe(2);
    expect(deaths).toMatchObject([{ cause: 'timeout' }]);
    expect(deaths[0]?.ageMs).toBeGreaterThan(3_000);
  });
});

describeUdpEngines('a sticky daytime over UDP', () => {
  const LINE = Buffer.from('20 NOV 2026 07:13:05 UTC\r\n');

  function dayUrl(port: number, more: string): string {
    return `daytime+udp://127.0.0.1:${port}?flow=sticky${more}`;
  }

  it('should not shift replies after a lost one', async () => {
    const requestsFrom = new Map<number, number>();
    await using peer = await udpPeer((_bytes, reply, fromPort) => {
      const count = (requestsFrom.get(fromPort) ?? 0) + 1;
      requestsFrom.set(fromPort, count);
      if (count !== 3) reply(LINE);
    });
    const { samples } = await takeSamples(dayUrl(peer.port, '&timeout=300ms&interval=100ms'), 6);
    const lost = samples.filter(({ outcome }) => outcome === 'lost');
    expect(lost.map(({ sequence }) => sequence)).toEqual([2]);
    const answered = samples.filter(({ outcome }) => outcome === 'ok');
    expect(answered).toHaveLength(5);
    for (const { rttMs } of answered) expect(rttMs).toBeLessThan(100);
  });

  it('should match by order while the round trip is longer than the interval', async () => {
    await using peer = await udpPeer((_bytes, reply) => void setTimeout(() => reply(LINE), 150));
    const { samples } = await takeSamples(dayUrl(peer.port, '&timeout=2s&interval=40ms'), 10);
    for (const { outcome, rttMs } of samples) {
      expect(outcome).toBe('ok');
      expect(rttMs).toBeGreaterThan(120);
    }
  });

  it('should be malformed with anything else, and count unexpected replies', async () => {
    await using peer = await udpPeer((_bytes, reply) => reply(Buffer.from('no time')));
    expect((await takeSample(dayUrl(peer.port, ''))).outcome).toBe('malformed');
    await using twice = await udpPeer((_bytes, reply) => {
      reply(LINE);
      reply(LINE);
    });
    const { duplicates, samples } = await takeSamples(dayUrl(twice.port, '&interval=50ms'), 3);
    expect(samples.every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(duplicates).toBeGreaterThanOrEqual(2);
  });
});
