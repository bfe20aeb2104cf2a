import { randomBytes } from 'node:crypto';
import {
  ask,
  askTlv,
  BASE_BYTES,
  isStateless,
  isUnrecognized,
  MALFORMED,
  newSession,
  request,
  type Tlv,
  tlv,
} from './stamp-packet.ts';
import type { Endpoint } from './target.ts';
import { overUdp } from './udp-peer.ts';
import { expectSame, Violation } from './violation.ts';

/** RFC 8972, 5.1; 251 is for experiments. */
const types = {
  extraPadding: 1,
  classOfService: 4,
  directMeasurement: 5,
  followUp: 7,
  unknown: 251,
} as const;
const SESSION_ID = 14;
/** DSCP2 and ECN that no packet of this program is sent with, nor a path is likely to make of it. */
const NOT_SENT = 0x03fc;
const PACKETS = 3;

export async function repeatsTheSessionId(endpoint: Endpoint): Promise<void> {
  const session = newSession();
  const reply = await overUdp(endpoint, (peer) => ask(peer, request(0, session)));
  const found = reply.readUInt16BE(SESSION_ID);
  if (found !== session) throw new Violation(`the SSID was sent as ${session} and came back as ${found}`);
}

export async function tellsSessionsApart(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, async (peer) => {
    const session = newSession();
    const first = await ask(peer, request(7, session));
    const other = await ask(peer, request(9, session ^ 1));
    if (isStateless(first) && isStateless(other)) return;
    const sequences = `${first.readUInt32BE(0)} ${other.readUInt32BE(0)}`;
    if (sequences !== '0 0') throw new Violation(`two sessions of one port began at ${sequences}, not 0 0`);
  });
}

export async function marksUnknownTlvs(endpoint: Endpoint): Promise<void> {
  const sent = tlv(types.unknown, randomBytes(9));
  const found = await returned(endpoint, sent);
  if (!isUnrecognized(found)) throw new Violation('the U flag of an unknown TLV is 0');
  expectSame(sent.value, found.value);
}

export async function understandsPadding(endpoint: Endpoint): Promise<void> {
  const sent = tlv(types.extraPadding, randomBytes(200));
  const found = await returned(endpoint, sent);
  if (isUnrecognized(found)) throw new Violation('the U flag of extra padding is 1');
  expectSame(sent.value, found.value);
}

export async function marksMalformedTlvs(endpoint: Endpoint): Promise<void> {
  const packet = request(0, newSession(), [tlv(types.extraPadding, Buffer.alloc(8))]);
  packet.writeUInt16BE(9, BASE_BYTES + 2);
  const { flags } = await overUdp(endpoint, (peer) => askTlv(peer, packet));
  if ((flags & MALFORMED) === 0) throw new Violation('the M flag of a TLV longer than its packet is 0');
}

export async function tellsTheClassOfService(endpoint: Endpoint): Promise<void> {
  const value = Buffer.alloc(4);
  value.writeUInt16BE(NOT_SENT);
  const found = await returned(endpoint, tlv(types.classOfService, value));
  if (isUnrecognized(found)) return;
  const [requested, received] = [found.value[0]! >> 2, found.value.readUInt16BE() & NOT_SENT];
  if (requested !== 0) throw new Violation(`DSCP1 was sent as 0 and came back as ${requested}`);
  if (received === NOT_SENT)
    throw new Violation('DSCP2 and ECN are what the TLV had, not what the packet had');
}

export async function measuresDirectly(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, async (peer) => {
    const session = newSession();
    const counts: number[] = [];
    for (let sequence = 0; sequence < PACKETS; sequence += 1) {
      const value = Buffer.from('0000070000000000ffffffff', 'hex');
      const found = await askTlv(peer, request(sequence, session, [tlv(types.directMeasurement, value)]));
      if (isUnrecognized(found)) return;
      expectSame(value.subarray(0, 4), found.value.subarray(0, 4));
      counts.push(found.value.readUInt32BE(4) - found.value.readUInt32BE(8));
      if (found.value.readUInt32BE(4) < sequence + 1) {
        throw new Violation(
          `of ${sequence + 1} packets it counted ${found.value.readUInt32BE(4)} as received`,
        );
      }
    }
    if (new Set(counts).size > 1)
      throw new Violation('its counters of packets received and sent grow unlike');
  });
}

export async function tellsOfTheReplyBefore(endpoint: Endpoint): Promise<void> {
  await overUdp(endpoint, async (peer) => {
    const session = newSession();
    const askOnce = () => askTlv(peer, request(100, session, [tlv(types.followUp, Buffer.alloc(16))]));
    const first = await askOnce();
    const found = await askOnce();
    if (isUnrecognized(found)) return;
    if (isStateless(found.reply)) {
      if (found.value.subarray(0, 12).some((byte) => byte !== 0)) {
        throw new Violation('it is stateless, and its sequence number or timestamp is not zero');
      }
      return;
    }
    const [before, told] = [first.reply.readUInt32BE(0), found.value.readUInt32BE(0)];
    if (told !== before)
      throw new Violation(`the reply before had sequence number ${before}, it tells of ${told}`);
    if (found.value.readBigUInt64BE(4) < first.reply.readBigUInt64BE(4)) {
      throw new Violation('its follow-up timestamp is before the timestamp of that reply');
    }
  });
}

async function returned(endpoint: Endpoint, sent: Tlv): Promise<Tlv> {
  const found = await overUdp(endpoint, (peer) => askTlv(peer, request(0, newSession(), [sent])));
  if (found.type !== sent.type)
    throw new Violation(`a TLV of type ${sent.type} came back as type ${found.type}`);
  return found;
}
