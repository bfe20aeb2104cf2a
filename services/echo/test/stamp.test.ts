import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { AsyncUdpSocket, openAsyncUdp } from '@echo-daytime/linux';
import {
  BASE_BYTES,
  readClassOfService,
  readReply,
  readResponder,
  readTlvs,
  tlvTypes,
} from '@echo-daytime/stamp';
import { describe, expect, it } from 'vitest';
import { describeUdpEngines } from '../../../tests/harness/engines.ts';
import { eventually } from '../../../tests/harness/eventually.ts';
import { notLinux, skipFor } from '../../../tests/harness/skip-for.ts';
import { UdpClient } from '../../../tests/harness/udp-client.ts';
import { LocalReflector, request } from './local-reflector.ts';

const NO_CLOCK = { isSynchronized: false, format: 'ntp', seconds: 255 * 2 ** 31 };
describeUdpEngines('STAMP', (UDP_ENGINE) => {
  const open = (env: Readonly<Record<string, string>> = {}) => LocalReflector.open({ UDP_ENGINE, ...env });

  it.each(['127.0.0.1', '::1'])(
    'should tell when a request was received and answered, over %s',
    async (host) => {
      await using reflector = await open({ HOST: '::' });
      await using client = await UdpClient.open(host);
      const before = Date.now() - 3;
      const reply = await reflector.ask(client, request(7, 0xabcd), host);
      expect(reply).toMatchObject({
        sequence: 0,
        sessionId: 0xabcd,
        errorEstimate: NO_CLOCK,
        senderSequence: 7,
        senderSentAt: { seconds: 1_700_000_007, nanoseconds: 5 },
        senderErrorEstimate: { isSynchronized: true, format: 'ntp', seconds: 2 ** -32 },
      });
      // node:dgram has no TTL: RFC 5357 has 255 for that.
      if (UDP_ENGINE === 'dgram') expect(reply.ttl).toBe(255);
      else expect(reply.ttl).toBeLessThanOrEqual(64);
      const receivedMs = reply.receivedAt.seconds * 1e3 + reply.receivedAt.nanoseconds / 1e6;
      expect(receivedMs).toBeGreaterThanOrEqual(before);
      expect(reply.reflectorMs).toBeGreaterThanOrEqual(0);
      expect(receivedMs + reply.reflectorMs).toBeLessThanOrEqual(Date.now() + 3);
    },
  );

  it('should count the replies of each session: of a source port and an SSID', async () => {
    await using reflector = await open();
    await using one = await UdpClient.open();
    await using other = await UdpClient.open();
    const sequences: number[] = [];
    for (const [client, sequence, sessionId] of [
      [one, 5, 0],
      [one, 7, 0],
      [one, 7, 1],
      [other, 9, 1],
      [one, 9, 0],
      [one, 9, 1],
    ] as const) {
      sequences.push((await reflector.ask(client, request(sequence, sessionId))).sequence);
    }
    expect(sequences).toEqual([0, 1, 0, 0, 2, 1]);
    expect(reflector.counters.sessions.value).toBe(3);
    expect(reflector.counters.replies.stateful.value).toBe(6);
  });

  it('should answer without a state, and with the sequence number of the request, where it has no room', async () => {
    await using reflector = await open({ STAMP_MAX_SESSIONS: '1' });
    await using one = await UdpClient.open();
    await using other = await UdpClient.open();
    const measurement = [tlvTypes.directMeasurement, Buffer.alloc(12)] as const;
    const followUp = [tlvTypes.followUpTelemetry, Buffer.alloc(16, 1)] as const;
    expect((await reflector.ask(one, request(20))).sequence).toBe(0);
    expect((await reflector.ask(other, request(30))).sequence).toBe(30);
    expect(await reflector.tlvs(other, [measurement, followUp])).toEqual([
      { type: 5, isUnrecognized: true, isMalformed: false, value: new Uint8Array(12) },
      { type: 7, isUnrecognized: false, isMalformed: false, value: new Uint8Array(16) },
    ]);
    expect((await reflector.ask(one, request(21))).sequence).toBe(1);
    expect(reflector.counters.replies.stateless.value).toBe(2);
  });

  it('should forget a session that is not used', async () => {
    await using reflector = await open({ STAMP_MAX_SESSIONS: '1', STAMP_SESSION_TIMEOUT: '1ms' });
    await using one = await UdpClient.open();
    await using other = await UdpClient.open();
    await reflector.ask(one, request(20));
    await eventually(async () => {
      expect((await reflector.ask(other, request(30))).sequence).toBe(0);
    });
  });

  it('should keep extra padding, and count the packets of the session', async () => {
    await using reflector = await open();
    await using client = await UdpClient.open();
    await reflector.ask(client, request(0));
    const padding = randomBytes(300);
    const counters = Buffer.from('0000000900000000 ffffffff'.replaceAll(' ', ''), 'hex');
    const found = await reflector.tlvs(client, [
      [tlvTypes.extraPadding, padding],
      [tlvTypes.directMeasurement, counters],
      [tlvTypes.extraPadding, new Uint8Array()],
    ]);
    expect(found.map(({ isMalformed, isUnrecognized }) => isMalformed || isUnrecognized)).toEqual([
      false,
      false,
      false,
    ]);
    expect(Buffer.from(found[0]!.value)).toEqual(padding);
    expect(Buffer.from(found[1]!.value).toString('hex')).toBe('000000090000000200000002');
  });

  it('should tell when the reply before was sent', async () => {
    await using reflector = await open();
    await using client = await UdpClient.open();
    const ask = async () => {
      const bytes = request(1, 0, [[tlvTypes.followUpTelemetry, Buffer.alloc(16, 0xff)]]);
      const reply = await client.ask(bytes, reflector.port);
      return { reply: readReply(reply)!, value: Buffer.from(readTlvs(reply)[0]!.value) };
    };
    const first = await ask();
    expect(first.value).toEqual(Buffer.alloc(16));
    const { value } = await ask();
    expect(value.readUInt32BE(0)).toBe(0);
    expect(value.readUInt32BE(12)).toBe(0x02000000);
    const sentAt = value.readUInt32BE(4) - 2_208_988_800 + value.readUInt32BE(8) / 2 ** 32;
    const { seconds, nanoseconds } = first.reply.sentAt;
    expect(sentAt - seconds - nanoseconds / 1e9).toBeGreaterThanOrEqual(0);
    expect(sentAt).toBeLessThan(Date.now() / 1e3 + 1);
  });

  it('should say what it did not understand and what is malformed, and leave the rest as it was', async () => {
    await using reflector = await open();
    await using client = await UdpClient.open();
    const value = randomBytes(6);
    const bytes = request(1, 0, [
      [200, value],
      [tlvTypes.hmac, value],
      [tlvTypes.followUpTelemetry, value],
      [tlvTypes.extraPadding, value],
    ]);
    // The last TLV says that it is longer than the packet.
    bytes.writeUInt16BE(7, bytes.length - 8);
    const reply = await client.ask(bytes, reflector.port);
    const flags = [0, 1, 2, 3].map((index) => reply[BASE_BYTES + index * 10]);
    expect(flags).toEqual([0x80, 0x80, 0x40, 0x40]);
    for (const index of [0, 1, 2, 3]) bytes[BASE_BYTES + index * 10] = flags[index]!;
    expect(reply.subarray(BASE_BYTES)).toEqual(bytes.subarray(BASE_BYTES));
  });

  it('should tell who answers, in as many whole names as the sender has room for', async () => {
    await using reflector = await open({ POD_NAME: 'echo-7d9f', NODE_NAME: 'n1', ZONE_NAME: 'a' });
    await using client = await UdpClient.open();
    const junk = (room: number) => [tlvTypes.responder, Buffer.alloc(room, 7)] as const;
    const rooms = [64, 28, 27, 13, 12];
    const found = await reflector.tlvs(client, rooms.map(junk));
    expect(found.map(({ isMalformed, value }) => (isMalformed ? value[0] : readResponder(value)))).toEqual([
      'pod=echo-7d9f node=n1 zone=a',
      'pod=echo-7d9f node=n1 zone=a',
      'pod=echo-7d9f node=n1',
      'pod=echo-7d9f',
      7,
    ]);
    expect(found.map(({ isUnrecognized }) => isUnrecognized)).toEqual(rooms.map(() => false));
    expect(found[0]!.value.subarray(28)).toEqual(new Uint8Array(36));
    // A TLV that is cut off by the end of its packet.
    const cut = request(1, 0, [junk(64)]).subarray(0, -1);
    const [tlv] = readTlvs(await client.ask(cut, reflector.port));
    expect(tlv).toEqual({
      type: 252,
      isUnrecognized: false,
      isMalformed: true,
      value: new Uint8Array(63).fill(7),
    });
  });

  it('should tell the name of its host where it knows of no pod, and nothing with IDENTITY=off', async () => {
    await using client = await UdpClient.open();
    const ask = async (env: Readonly<Record<string, string>>) => {
      await using reflector = await open(env);
      return (await reflector.tlvs(client, [[tlvTypes.responder, new Uint8Array(80)]]))[0]!;
    };
    expect(readResponder((await ask({})).value)).toBe(`host=${hostname()}`);
    expect(await ask({ IDENTITY: 'off', POD_NAME: 'echo-7d9f' })).toEqual({
      type: 252,
      isUnrecognized: true,
      isMalformed: false,
      value: new Uint8Array(80),
    });
  });

  it('should answer any number of bytes behind the packet with as many', async () => {
    await using reflector = await open();
    await using client = await UdpClient.open();
    for (const more of [1, 3, 4, 5, 1_428, 65_507 - BASE_BYTES]) {
      await reflector.ask(client, Buffer.concat([request(1), randomBytes(more)]));
    }
  });

  it('should drop what is no request, by reason', async () => {
    await using reflector = await open();
    await using client = await UdpClient.open();
    const corrupt = request(1);
    corrupt[13] = 0;
    for (const bytes of [Buffer.alloc(0), request(1).subarray(1), corrupt])
      client.send(bytes, reflector.port);
    await reflector.ask(client, request(1));
    await eventually(() => {
      const { dropped, received, sent } = reflector.counters;
      expect([received.value, sent.value]).toEqual([4, 1]);
      expect([dropped.too_short.value, dropped.malformed.value]).toEqual([2, 1]);
    });
    expect(client.answers).toHaveLength(1);
  });
});

describe('the class of service of STAMP', () => {
  it(
    'should be that of the request, with its TTL, and the reply have the requested one',
    skipFor(notLinux),
    async () => {
      await using reflector = await LocalReflector.open({ UDP_ENGINE: 'batch', HOST: '::' });
      const udp = await openAsyncUdp();
      if ('reason' in udp) throw new Error(udp.reason);
      for (const [family, host] of [
        [4, '127.0.0.1'],
        [6, '::1'],
      ] as const) {
        const client = new AsyncUdpSocket(udp, family, { ttl: 33, trafficClass: 0xba, receiveHeader: true });
        try {
          client.connect(host, reflector.port);
          const reply = await new Promise<Buffer>((resolve, reject) => {
            const received = (datagram: Buffer) => resolve(Buffer.from(datagram));
            client.listen({ received, reported: ({ error }) => reject(error), failed: reject });
            client.send(request(1, 0, [[tlvTypes.classOfService, Buffer.of(0x28, 0, 0xff, 0xff)]]), () => {});
          });
          expect(readReply(reply)?.ttl).toBe(33);
          const [tlv] = readTlvs(reply);
          expect(tlv).toMatchObject({ isUnrecognized: false, isMalformed: false });
          expect(readClassOfService(tlv!.value, 0)).toEqual({
            requestedDscp: 10,
            receivedDscp: 46,
            receivedEcn: 2,
            isDenied: false,
          });
          expect(client.trafficClass).toBe(10 << 2);
        } finally {
          client.close();
        }
      }
    },
  );

  it('should be left to others by node:dgram, which cannot know it', async () => {
    await using reflector = await LocalReflector.open({ UDP_ENGINE: 'dgram' });
    await using client = await UdpClient.open();
    expect(await reflector.tlvs(client, [[tlvTypes.classOfService, Buffer.of(0xb8, 0, 0, 0)]])).toEqual([
      { type: 4, isUnrecognized: true, isMalformed: false, value: Uint8Array.of(0xb8, 0, 0, 0) },
    ]);
  });
});
