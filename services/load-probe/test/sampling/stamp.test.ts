import {
  encodeErrorEstimate,
  type Instant,
  isMalformed,
  ResponderValue,
  reflect,
  TlvCursor,
  tlvFlags,
  tlvTypes,
} from '@echo-daytime/stamp';
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
  /** How long it takes. */
  readonly tookMs?: number;
  /** How long it says it took, and how wrong its clock is. */
  readonly toldMs?: number;
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
  toldMs = tookMs,
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
      sentAt: instantOf(now + toldMs),
      ttl: 64,
    });
    if (passage !== 'answer') return;
    const answer = change(bytes);
    if (tookMs === 0) reply(answer);
    else setTimeout(() => reply(answer), tookMs);
  });
}

/** As the reflector of echo: writes who answers into its TLV. */
function tellingResponder(reply: Buffer, fields: string): Buffer {
  const cursor = new TlvCursor();
  for (cursor.start(reply); cursor.next(); ) {
    if (cursor.type !== tlvTypes.responder) continue;
    const isTold = new ResponderValue(fields).write(reply, cursor.valueAt, cursor.length);
    reply[cursor.at] = isTold ? 0 : tlvFlags.malformed;
  }
  return reply;
}

function urlOf(port: number, more: string): string {
  return `stamp+udp://127.0.0.1:${port}?timeout=300ms&interval=30ms&${more}`;
}

describeUdpEngines('a STAMP target', () => {
  it.each(['fresh', 'sticky'])('should be ok, with the time of the reflector apart: %s', async (flow) => {
    await using peer = await reflector({ tookMs: 20, clockOffMs: 3_600_000 });
    for (const size of [44, 48, 60, 64, 1_400]) {
      const { duplicates, losses, samples } = await takeSamples(
        urlOf(peer.port, `flow=${flow}&size=${size}`),
        3,
      );
      expect(samples.map(({ outcome }) => outcome)).toEqual(Array(3).fill('ok'));
      for (const { reflectorMs, rttMs } of samples) {
        expect(reflectorMs).toBeCloseTo(20, 3);
        // By the clock of the probe alone.
        expect(rttMs).toBeLessThan(300);
      }
      expect([duplicates, losses]).toEqual([0, []]);
    }
  });

  it.each(['fresh', 'sticky'])(
    'should have no time of a reflector that cannot be its time: %s',
    async (flow) => {
      // Its clock was set between the two timestamps, or it tells what it likes.
      for (const toldMs of [-5, -3_600_000, 5_000, 3_600_000]) {
        await using peer = await reflector({ toldMs });
        const { samples } = await takeSamples(urlOf(peer.port, `flow=${flow}`), 1);
        expect(samples).toMatchObject([{ outcome: 'ok', rttMs: expect.any(Number) }]);
        expect(samples[0]).not.toHaveProperty('reflectorMs');
      }
    },
  );

  it.each(['fresh', 'sticky'])('should tell who answers, where the packet has room: %s', async (flow) => {
    const fields = 'pod=echo-7d9f node=n1 zone=a';
    await using peer = await reflector({ change: (reply) => tellingResponder(reply, fields) });
    const told = async (more: string) => {
      const { responders, samples } = await takeSamples(urlOf(peer.port, `flow=${flow}${more}`), 2);
      expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok']);
      expect(responders[1]).toEqual(responders[0]);
      return responders[0];
    };
    expect(await told('')).toEqual({ fields, name: 'echo-7d9f' });
    expect(await told('&size=90')).toEqual({ fields: 'pod=echo-7d9f node=n1', name: 'echo-7d9f' });
    const room = 'have no room for a name: set size to 512, 84 at least';
    expect(await told('&size=83')).toEqual({ unknown: `packets of 83 bytes ${room}` });
    await using silent = await reflector();
    const { responders } = await takeSamples(urlOf(silent.port, `flow=${flow}`), 1);
    expect(responders).toEqual([{ unknown: 'the reflector does not tell who answers' }]);
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
      const { samples } = await takeSamples(urlOf(peer.port, `size=64&flow=${flow}`), 2);
      expect(samples.map((sample) => sample.outcome)).toEqual([outcome, outcome]);
      expect(samples[0]!.detail).toContain(detail);
    }
    await using echo = await udpPeer((bytes, reply) => reply(bytes));
    const { samples } = await takeSamples(urlOf(echo.port, `size=64&flow=${flow}`), 2);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['malformed', 'malformed']);
    expect(samples[0]!.detail).toContain('an echo, no STAMP reflector');
  });
});
