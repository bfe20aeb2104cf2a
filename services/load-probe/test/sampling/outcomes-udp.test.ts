import { expect, it } from 'vitest';
import { decodePayload } from '../../src/payload/payload.ts';
import { describeUdpEngines, takeSample, takeSamples } from '../clocked-samples.ts';
import { flipBit, freeUdpPort, udpPeer } from '../peers.ts';
import { takeTimelySample } from '../take-samples.ts';

const echo = (bytes: Buffer, reply: (bytes: Buffer) => void): void => reply(bytes);

describeUdpEngines('an echo over UDP', () => {
  it('should be ok when the datagram comes back', async () => {
    await using peer = await udpPeer(echo);
    const sample = await takeTimelySample(`echo+udp://127.0.0.1:${peer.port}`);
    expect(sample).toMatchObject({ outcome: 'ok', detail: '' });
    expect(sample.phases.first_byte).toBeGreaterThan(0);
    expect(sample.phases.connect).toBeUndefined();
    expect(sample.rttMs).toBeGreaterThanOrEqual(sample.phases.total ?? Number.NaN);
  });

  it('should be ok with the largest datagram', async () => {
    await using peer = await udpPeer(echo);
    const sample = await takeSample(`echo+udp://127.0.0.1:${peer.port}?size=65507`);
    expect(sample.outcome).toBe('ok');
  });

  it('should send each sample from its own source port', async () => {
    const ports: number[] = [];
    await using peer = await udpPeer((bytes, reply, fromPort) => {
      ports.push(fromPort);
      reply(bytes);
    });
    await takeSamples(`echo+udp://127.0.0.1:${peer.port}`, 5);
    expect(ports.length).toBeGreaterThanOrEqual(5);
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('should be refused where nothing listens', async () => {
    const port = await freeUdpPort();
    expect(await takeSample(`echo+udp://127.0.0.1:${port}`)).toMatchObject({
      outcome: 'refused',
      detail: `nothing listens on 127.0.0.1:${port} (ECONNREFUSED)`,
    });
  });

  it('should be lost without a reply', async () => {
    await using peer = await udpPeer(() => {});
    expect(await takeSample(`echo+udp://127.0.0.1:${peer.port}?timeout=100ms`)).toMatchObject({
      outcome: 'lost',
      detail: `no answer from 127.0.0.1:${peer.port} within 1100 ms`,
      rttMs: undefined,
    });
  });

  it('should be late with the right reply after the timeout', async () => {
    await using peer = await udpPeer((bytes, reply) => void setTimeout(() => reply(bytes), 250));
    const sample = await takeSample(`echo+udp://127.0.0.1:${peer.port}?timeout=100ms`);
    expect(sample.outcome).toBe('late');
    expect(sample.rttMs).toBeGreaterThan(240);
    expect(sample.detail).toMatch(/^the answer of 127\.0\.0\.1:\d+ came \d+ ms after the request$/);
  });

  it('should be truncated by a reply that is only the beginning, even an empty one', async () => {
    await using short = await udpPeer((bytes, reply) => reply(bytes.subarray(0, 12)));
    expect(await takeSample(`echo+udp://127.0.0.1:${short.port}`)).toMatchObject({
      outcome: 'truncated',
      detail: 'the answer has the first 12 of 64 bytes',
    });
    await using empty = await udpPeer((_bytes, reply) => reply(Buffer.alloc(0)));
    expect((await takeSample(`echo+udp://127.0.0.1:${empty.port}`)).outcome).toBe('truncated');
  });

  it('should be corrupt when one bit changes, and say where', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(flipBit(bytes, 63)));
    const sample = await takeSample(`echo+udp://127.0.0.1:${peer.port}`);
    expect(sample.outcome).toBe('corrupt');
    expect(sample.detail).toMatch(/^byte 63 came back as 0x[0-9a-f]{2}, sent was 0x[0-9a-f]{2}$/);
  });

  it('should be corrupt when more comes back than was sent', async () => {
    await using peer = await udpPeer((bytes, reply) => reply(Buffer.concat([bytes, Buffer.alloc(1)])));
    expect(await takeSample(`echo+udp://127.0.0.1:${peer.port}`)).toMatchObject({
      outcome: 'corrupt',
      detail: 'the answer has 65 bytes, sent were 64',
    });
  });

  it('should distinguish the reply to another sample from a corrupt one', async () => {
    let first: Buffer | undefined;
    await using peer = await udpPeer((bytes, reply) => {
      if (decodePayload(bytes)?.sequence === 0) first = bytes;
      reply(first ?? bytes);
    });
    const { samples } = await takeSamples(`echo+udp://127.0.0.1:${peer.port}`, 2);
    const stranger = samples.find(({ outcome }) => outcome === 'corrupt');
    expect(stranger?.detail).toMatch(/^the answer belongs to another sample: number 0 of run \d+$/);
  });

  it('should count duplicate replies and stay ok', async () => {
    await using peer = await udpPeer((bytes, reply) => {
      reply(bytes);
      reply(bytes);
      reply(flipBit(bytes, 30));
    });
    const { samples, duplicates, reordered } = await takeSamples(`echo+udp://127.0.0.1:${peer.port}`, 3);
    expect(samples.map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
    // The corrupt third reply is no duplicate.
    expect(duplicates).toBe(3);
    expect(reordered).toBe(0);
  });

  it('should count reordered replies', async () => {
    let held: (() => void) | undefined;
    await using peer = await udpPeer((bytes, reply) => {
      if (decodePayload(bytes)?.sequence === 0) {
        held = () => reply(bytes);
      } else {
        reply(bytes);
        held?.();
      }
    });
    const { samples, reordered } = await takeSamples(`echo+udp://127.0.0.1:${peer.port}`, 2);
    expect(samples.map(({ sequence }) => sequence)).toEqual([1, 0]);
    expect(reordered).toBe(1);
  });
});

describeUdpEngines('a daytime over UDP', () => {
  it('should be ok with a datagram that is a time', async () => {
    await using peer = await udpPeer((_bytes, reply) => reply(Buffer.from('20 NOV 2026 07:13:05 UTC\r\n')));
    expect((await takeSample(`daytime+udp://127.0.0.1:${peer.port}`)).outcome).toBe('ok');
  });

  it('should be malformed with anything else', async () => {
    await using peer = await udpPeer((_bytes, reply) => reply(Buffer.from('20 NOV 2026 27:13:05 UTC\r\n')));
    expect((await takeSample(`daytime+udp://127.0.0.1:${peer.port}`)).outcome).toBe('malformed');
  });

  it('should be refused where nothing listens', async () => {
    const port = await freeUdpPort();
    expect((await takeSample(`daytime+udp://127.0.0.1:${port}`)).outcome).toBe('refused');
  });
});
