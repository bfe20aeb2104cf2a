import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { dropOne } from '../../../../tests/harness/dropped-segments.ts';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';
import { systemClock } from '../../src/sampling/clock.ts';
import { openProber } from '../../src/sampling/prober-of.ts';
import type { Sample } from '../../src/sampling/sampler.ts';
import { echoing, freeTcpPort, fullPeer, type TcpPeer, tcpPeer } from '../peers.ts';
import { takeSamplesOnce, takeTimelySample, targetOf, testTcpInfo, testUdp } from '../take-samples.ts';

const SYN_LOST = /^connected, but a SYN was lost, or its answer lost or late: \d SYNs were sent$/;

function daytime(socket: Socket): void {
  socket.end('Friday, November 20, 2026 07:13:05-UTC\r\n');
}

function session(socket: Socket): void {
  socket.on('data', () => socket.write('1795158785000000000\n'));
}

function dialog(socket: Socket): void {
  socket.on('data', (message) => socket.write(`server got:${message}`));
}

const protocols = [
  { scheme: 'echo+tcp', flow: 'fresh', serve: echoing },
  { scheme: 'echo+tcp', flow: 'sticky', serve: echoing },
  { scheme: 'dialog+tcp', flow: 'fresh', serve: dialog },
  { scheme: 'dialog+tcp', flow: 'sticky', serve: dialog },
  { scheme: 'session+tcp', flow: 'fresh', serve: session },
  { scheme: 'session+tcp', flow: 'sticky', serve: session },
  { scheme: 'daytime+tcp', flow: 'fresh', serve: daytime },
  { scheme: 'tcp', flow: 'fresh', serve: (socket: Socket) => void socket.resume() },
];

function urlOf({ port }: { readonly port: number }, scheme: string, flow: string): string {
  return `${scheme}://127.0.0.1:${port}?timeout=60s&flow=${flow}`;
}

/** The first sample that was on time, each taken from a new peer: a busy machine delays the prober itself. */
async function sampleOf(prepare: (peer: TcpPeer) => string, serve = echoing): Promise<Sample> {
  for (;;) {
    await using peer = await tcpPeer(serve);
    const { samples } = await takeSamplesOnce(prepare(peer), 1);
    if (samples[0]!.outcome !== 'prober_late') return samples[0]!;
  }
}

describe('what the kernel tells of a sample over TCP', skipFor(notLinux), () => {
  it.each(protocols)(
    'should be nothing of note on a clean path: $scheme $flow',
    async ({ flow, scheme, serve }) => {
      await using peer = await tcpPeer(serve);
      const { detail, outcome, tcp } = await takeTimelySample(urlOf(peer, scheme, flow));
      expect({ detail, outcome }).toEqual({ detail: '', outcome: 'ok' });
      expect(tcp).toMatchObject({ retransmits: 0, synRetransmits: 0 });
      expect(tcp?.connection?.mss).toBeGreaterThan(500);
      expect(tcp?.connection?.rttMs).toBeGreaterThan(0);
    },
  );

  it.concurrent.each(protocols)(
    'should be a lost SYN, and the sample stays ok: $scheme $flow',
    async (row) => {
      const { flow, scheme, serve } = row;
      const { detail, outcome, tcp } = await sampleOf((peer) => {
        dropOne('syn', peer.server);
        return urlOf(peer, scheme, flow);
      }, serve);
      expect(outcome).toBe('ok');
      expect(detail).toMatch(SYN_LOST);
      expect(tcp?.synRetransmits).toBeGreaterThan(0);
      expect(tcp?.retransmits).toBe(tcp?.synRetransmits);
    },
  );

  it.concurrent.each(
    protocols.filter(({ scheme }) => ['echo+tcp', 'dialog+tcp', 'session+tcp'].includes(scheme)),
  )('should be a segment that was sent again: $scheme $flow', async ({ flow, scheme, serve }) => {
    const { detail, outcome, tcp } = await sampleOf((peer) => {
      dropOne('data', peer.server);
      return urlOf(peer, scheme, flow);
    }, serve);
    expect(outcome).toBe('ok');
    expect(detail).toMatch(/^\d segments? retransmitted$/);
    expect(tcp?.retransmits).toBeGreaterThan(0);
    expect(tcp?.synRetransmits).toBe(0);
  });

  it('should be counted for the sample of a sticky flow during which it was sent', async () => {
    await using peer = await tcpPeer(echoing);
    dropOne('syn', peer.server);
    const target = targetOf(urlOf(peer, 'echo+tcp', 'sticky'));
    const [clock, { signal }] = [systemClock, new AbortController()];
    const prober = openProber({ target, clock, signal, events: { duplicate() {}, died() {} } });
    const retransmits: (number | undefined)[] = [];
    for (let sequence = 0; sequence < 2; sequence += 1) {
      const startMs = clock.now();
      const deadlineMs = startMs + target.timeoutMs;
      const attempt = { target, run: 1, sequence, startMs, deadlineMs, clock, signal };
      const { tcp } = await prober.probe({ ...attempt, udp: testUdp.engine, tcpInfo: testTcpInfo });
      retransmits.push(tcp?.retransmits);
    }
    prober.close();
    expect(retransmits).toEqual([expect.any(Number), 0]);
    expect(retransmits[0]).toBeGreaterThan(0);
  });

  it.each(['fresh', 'sticky'])('should be known of a connection that failed: %s', async (flow) => {
    await using peer = await tcpPeer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const { outcome, tcp } = await takeTimelySample(urlOf(peer, 'echo+tcp', flow));
    expect(outcome).toBe('reset');
    expect(tcp).toMatchObject({ retransmits: 0, connection: { mss: expect.any(Number) } });
  });

  it('should be known of a connect that failed', async () => {
    const refused = await takeTimelySample(`echo+tcp://127.0.0.1:${await freeTcpPort()}`);
    expect(refused).toMatchObject({ outcome: 'refused', tcp: { retransmits: 0, connection: undefined } });
    await using peer = await fullPeer();
    const silent = await takeTimelySample(`echo+tcp://127.0.0.1:${peer.port}?timeout=1500ms`);
    expect(silent).toMatchObject({ outcome: 'connect_timeout', tcp: { connection: undefined } });
    expect(silent.tcp?.synRetransmits).toBeGreaterThan(0);
    expect(silent.detail).not.toMatch('connected');
  });
});
