import { AsyncUdp, AsyncUdpSocket, openAsyncUdp } from '@echo-daytime/linux';
import { reflect, UNKNOWN_CLOCK } from '@echo-daytime/stamp';
import { afterEach, describe, expect, it } from 'vitest';
import { notLinux, skipFor } from '../../../../tests/harness/skip-for.ts';
import { openUdpEngine } from '../../src/net/udp-engine.ts';
import { freeTcpPort, tcpPeer, udpPeer } from '../peers.ts';
import { takeSamplesOnce, takeTimelySample, takeTimelySamples, testUdp } from '../take-samples.ts';

const EF = 46;

/** An echo that notes the traffic class of each datagram. */
async function markedEcho(family: 4 | 6) {
  const udp = await openAsyncUdp();
  if (!(udp instanceof AsyncUdp)) throw new Error(udp.reason);
  const classes: number[] = [];
  const socket = new AsyncUdpSocket(udp, family, { receiveHeader: true });
  socket.bind(family === 6 ? '::1' : '127.0.0.1', 0);
  socket.listen({
    received() {
      classes.push(socket.trafficClass);
    },
    reported() {},
    failed() {},
  });
  return { classes, port: socket.localAddress.port, [Symbol.dispose]: () => socket.close() };
}

describe('a target with dscp=ef over UDP', skipFor(notLinux), () => {
  const { engine } = testUdp;
  afterEach(() => {
    testUdp.engine = engine;
  });

  it.each([
    ['127.0.0.1', 4, 'fresh'],
    ['127.0.0.1', 4, 'sticky'],
    ['[::1]', 6, 'fresh'],
    ['[::1]', 6, 'sticky'],
  ] as const)('should have datagrams with this mark: %s, IPv%d, %s', async (host, family, flow) => {
    testUdp.engine = await openUdpEngine('batch');
    using echo = await markedEcho(family);
    const { outcome } = await takeTimelySample(
      `echo+udp://${host}:${echo.port}?dscp=ef&timeout=1ms&flow=${flow}`,
    );
    expect(outcome).toBe('lost');
    // ECN stays 0.
    expect(new Set(echo.classes)).toEqual(new Set([EF << 2]));
  });

  it.each(['fresh', 'sticky'])(
    'should say why STAMP does not tell the mark as received: %s',
    async (flow) => {
      testUdp.engine = await openUdpEngine('batch');
      const now = { seconds: 1, nanoseconds: 0 };
      // As a reflector without TLVs it leaves them as they were sent.
      await using peer = await udpPeer((bytes, reply) => {
        const times = { receivedAt: now, sentAt: now };
        reflect(bytes, { sequence: 0, errorEstimate: UNKNOWN_CLOCK, ttl: 64, ...times });
        reply(bytes);
      });
      for (const [size, unknown] of [
        ['', /^the reflector does not tell it/],
        [
          '&size=48',
          /^a packet of 48 bytes has no room to ask for it; use a size of 52 bytes, or 56 and more$/,
        ],
      ] as const) {
        const url = `stamp+udp://127.0.0.1:${peer.port}?dscp=ef&flow=${flow}${size}`;
        const { marks, samples } = await takeTimelySamples(url, 1);
        expect(samples[0]!.outcome).toBe('ok');
        expect(marks[0]).toEqual({ unknown: expect.stringMatching(unknown) });
      }
    },
  );

  it('should have no samples with an engine that can not mark', async () => {
    using echo = await markedEcho(4);
    const { samples } = await takeSamplesOnce(`echo+udp://127.0.0.1:${echo.port}?dscp=ef`, 1);
    expect(samples).toMatchObject([
      {
        outcome: 'prober_late',
        detail: "the prober failed: packets can't be marked with dscp=46 here: UDP_ENGINE=dgram",
      },
    ]);
    expect(echo.classes).toEqual([]);
  });
});

describe('a target with dscp=ef over TCP', skipFor(notLinux), () => {
  it.each(['127.0.0.1', '[::1]'])('should have the outcomes of any other: %s', async (host) => {
    const port = await freeTcpPort();
    const closed = await takeTimelySample(`tcp://${host}:${port}?dscp=ef`);
    expect(closed.outcome).toBe('refused');
    expect(closed.detail).toContain('ECONNREFUSED');
    await using peer = await tcpPeer((socket) => socket.pipe(socket), host === '[::1]' ? '::1' : undefined);
    for (const flow of ['fresh', 'sticky']) {
      const { outcome } = await takeTimelySample(`echo+tcp://${host}:${peer.port}?dscp=ef&flow=${flow}`);
      expect(outcome).toBe('ok');
    }
  });
});
