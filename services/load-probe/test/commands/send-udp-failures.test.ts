import { describe, expect, it } from 'vitest';
import type { Outgoing } from '../../src/commands/send/outgoing.ts';
import type { SendOptions } from '../../src/commands/send/run.ts';
import { freeUdpPort, udpPeer } from '../peers.ts';
import { expectFailure, sendTo } from './sending.ts';

describe('send over UDP', () => {
  const udp: Partial<SendOptions> = { protocol: 'udp' };

  it('should succeed when every datagram has a reply', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    const outgoing: Outgoing = {
      kind: 'lines',
      count: 10,
      each: (n) => Buffer.from(`${n}\n`),
      intervalMs: 0,
    };
    const result = await sendTo(peer.port, { ...udp, outgoing });
    expect(result).toMatchObject({ sentBytes: 21, receivedBytes: 21 });
    expect(result.failure).toBeUndefined();
  });

  it('should wait for more replies to one datagram', async () => {
    await using peer = await udpPeer((bytes, reply) => {
      reply(bytes);
      reply(bytes);
    });
    expect(await sendTo(peer.port, udp)).toMatchObject({ sentBytes: 6, receivedBytes: 12 });
  });

  it('should report refused', async () => {
    expectFailure(
      await sendTo(await freeUdpPort(), udp),
      'refused',
      /^nothing listens on 127\.0\.0\.1:\d+ \(ECONNREFUSED\)$/,
    );
  });

  it('should report how many have no reply', async () => {
    let datagrams = 0;
    await using peer = await udpPeer((bytes, reply) => {
      datagrams += 1;
      if (datagrams > 1) reply(bytes);
    });
    const outgoing: Outgoing = { kind: 'lines', count: 3, each: (n) => Buffer.from(`${n}\n`), intervalMs: 0 };
    const result = await sendTo(peer.port, { ...udp, outgoing, readTimeoutMs: 300 });
    expectFailure(
      result,
      'lost',
      /^1 of 3 datagrams has no answer from 127\.0\.0\.1:\d+ within 300 ms: number 1$/,
    );
  });

  it('should report a datagram that is too large', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(bytes));
    const outgoing: Outgoing = { kind: 'data', bytes: Buffer.alloc(65_508) };
    expectFailure(await sendTo(peer.port, { ...udp, outgoing }), 'too_large', /EMSGSIZE/);
  });
});
