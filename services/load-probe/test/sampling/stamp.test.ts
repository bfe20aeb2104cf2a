import { encodeErrorEstimate, type Instant, isMalformed, reflect } from '@echo-daytime/stamp';
import { expect, it } from 'vitest';
import { describeUdpEngines, takeSamples } from '../clocked-samples.ts';
import { type Peer, udpPeer } from '../peers.ts';

const errorEstimate = encodeErrorEstimate({ isSynchronized: false, format: 'ntp', seconds: 1 });
const MS_PER_S = 1_000;

function instantOf(ms: number): Instant {
  const seconds = Math.floor(ms / MS_PER_S);
  return { seconds, nanoseconds: Math.round((ms - seconds * MS_PER_S) * 1e6) };
}

interface ReflectorOptions {
  /** What becomes of the request with this number: its own, or what it is in the flow. */
  readonly passageOf?: (sequence: number) => 'forward' | 'return' | 'answer';
  readonly isStateless?: boolean;
  /** How long it says it took, and how wrong its clock is. */
  readonly tookMs?: number;
  readonly clockOffMs?: number;
  /** Changes a reply. */
  readonly change?: (reply: Buffer) => Buffer;
}

/** A reflector on loopback. As one without TLVs it leaves them as they were sent. */
function reflector({
  change = (reply) => reply,
  clockOffMs = 0,
  passageOf = () => 'answer',
  isStateless = false,
  tookMs = 0,
}: ReflectorOptions = {}): Promise<Peer> {
  const received = new Map<number, number>();
  return udpPeer((bytes, reply, fromPort) => {
    if (isMalformed(bytes)) throw new Error('the probe sent no STAMP packet');
    const passage = passageOf(bytes.readUInt32BE(0));
    if (passage === 'forward') return;
    const sequence = received.get(fromPort) ?? 0;
    received.set(fromPort, sequence + 1);
    const now = Date.now() + clockOffMs;
    reflect(bytes, {
      sequence: isStateless ? undefined : sequence,
      errorEstimate,
      receivedAt: instantOf(now),
      sentAt: instantOf(now + tookMs),
      ttl: 64,
    });
    if (passage === 'answer') reply(change(bytes));
  });
}

function urlOf(port: number, more: string): string {
  return `stamp+udp://127.0.0.1:${port}?timeout=300ms&interval=30ms&${more}`;
}

describeUdpEngines('a STAMP target', () => {
  it.each(['fresh', 'sticky'])('should be ok, with the time of the reflector apart: %s', async (flow) => {
    await using peer = await reflector({ tookMs: 2_500, clockOffMs: 3_600_000 });
    for (const size of [44, 48, 60, 64, 1_400]) {
      const { duplicates, losses, samples } = await takeSamples(
        urlOf(peer.port, `flow=${flow}&size=${size}`),
        3,
      );
      expect(samples.map(({ outcome }) => outcome)).toEqual(Array(3).fill('ok'));
      for (const { reflectorMs, rttMs } of samples) {
        expect(reflectorMs).toBeCloseTo(2_500, 3);
        // By the clock of the probe alone.
        expect(rttMs).toBeLessThan(300);
      }
      expect([duplicates, losses]).toEqual([0, []]);
    }
  });

  it('should tell in which direction samples of a sticky flow were lost', async () => {
    // The first is a loss on the way there, which shows that this reflector counts.
    const passages: Record<number, 'forward' | 'return'> = {
      2: 'forward',
      5: 'forward',
      8: 'return',
      9: 'return',
    };
    await using peer = await reflector({
      clockOffMs: 3_600_000,
      passageOf: (sequence) => passages[sequence] ?? 'answer',
    });
    const { losses, samples } = await takeSamples(urlOf(peer.port, 'flow=sticky'), 14);
    expect(samples.filter(({ outcome }) => outcome === 'lost')).toHaveLength(4);
    // That of the first is not known: its reflector might have been stateless until then.
    expect(losses).toEqual(['forward', 'return', 'return']);
  });

  it.each([
    ['stateless', 'sticky', true],
    ['stateful, flows are fresh', 'fresh', false],
  ])('should know no direction where the reflector is %s', async (_, flow, isStateless) => {
    const passages = (['answer', 'answer', 'return'] as const).values();
    await using peer = await reflector({ isStateless, passageOf: () => passages.next().value ?? 'answer' });
    const { losses, samples } = await takeSamples(urlOf(peer.port, `flow=${flow}`), 10);
    expect(samples.filter(({ outcome }) => outcome === 'lost')).toHaveLength(1);
    expect(losses).toEqual([]);
  });

  it.each(['fresh', 'sticky'])('should be judged by the reply: %s', async (flow) => {
    const change = (at: number, value: number) => (reply: Buffer) => {
      reply[at] = value;
      return reply;
    };
    const cases: readonly [string, string, (reply: Buffer) => Buffer][] = [
      ['corrupt', 'with another time', change(30, 0x7b)],
      ['malformed', 'multiplier 0', change(13, 0)],
      ['malformed', 'has 20 bytes', (reply) => reply.subarray(0, 20)],
      ['truncated', 'the first 50 of 64 bytes', (reply) => reply.subarray(0, 50)],
      ['corrupt', 'has 65 bytes, sent were 64', (reply) => Buffer.concat([reply, Buffer.alloc(1)])],
    ];
    for (const [outcome, detail, changed] of cases) {
      await using peer = await reflector({ change: changed });
      const { samples } = await takeSamples(urlOf(peer.port, `flow=${flow}`), 2);
      expect(samples.map((sample) => sample.outcome)).toEqual([outcome, outcome]);
      expect(samples[0]!.detail).toContain(detail);
    }
    await using echo = await udpPeer((bytes, reply) => reply(bytes));
    const { samples } = await takeSamples(urlOf(echo.port, `flow=${flow}`), 2);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['malformed', 'malformed']);
    expect(samples[0]!.detail).toContain('an echo, no STAMP reflector');
  });
});
