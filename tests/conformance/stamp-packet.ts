/** STAMP packets by the figures of the RFCs, apart from the code that they try. */
import { randomInt } from 'node:crypto';
import type { UdpPeer } from './udp-peer.ts';
import { Violation } from './violation.ts';

export const BASE_BYTES = 44;
/** Offset of the copy of the request in a reply (RFC 8762, 4.3.1). */
export const COPY = 24;
/** Sequence number, timestamp and error estimate. */
export const COPY_BYTES = 14;
export const UNRECOGNIZED = 0x80;
export const MALFORMED = 0x40;

export interface Tlv {
  readonly flags: number;
  readonly type: number;
  readonly value: Buffer;
}

/** A request of a session of its own: two with one source port have different SSIDs. */
export function newSession(): number {
  return randomInt(1, 0x10000);
}

/** RFC 8762, 4.2.1; the SSID of RFC 8972, 3, is where it has zeros. */
export function request(sequence: number, session: number, tlvs: readonly Tlv[] = []): Buffer {
  const base = Buffer.alloc(BASE_BYTES);
  base.writeUInt32BE(sequence, 0);
  base.writeUInt32BE(0xe8765432, 4);
  base.writeUInt32BE(0x12345678, 8);
  // Synchronized, NTP format, scale 10, multiplier 1.
  base.writeUInt16BE(0x8a01, 12);
  base.writeUInt16BE(session, 14);
  return Buffer.concat([base, ...tlvs.map(tlvBytes)]);
}

/** As a sender writes a TLV: RFC 8972, 4. */
export function tlv(type: number, value: Buffer): Tlv {
  return { flags: UNRECOGNIZED, type, value };
}

export function tlvBytes({ flags, type, value }: Tlv): Buffer {
  return Buffer.concat([Buffer.of(flags, type, value.length >> 8, value.length & 0xff), value]);
}

/** The reply to one request, long enough for all that is read from it. */
export async function ask(peer: UdpPeer, packet: Buffer): Promise<Buffer> {
  const reply = await peer.ask(packet);
  if (reply.length < packet.length) {
    throw new Violation(`${packet.length} bytes were sent, the reply has ${reply.length}`);
  }
  return reply;
}

/** The TLV of a reply to a request with one. */
export async function askTlv(peer: UdpPeer, packet: Buffer): Promise<Tlv & { readonly reply: Buffer }> {
  const reply = await ask(peer, packet);
  const [flags, type] = [reply[BASE_BYTES]!, reply[BASE_BYTES + 1]!];
  const length = reply.readUInt16BE(BASE_BYTES + 2);
  return { reply, flags, type, value: reply.subarray(BASE_BYTES + 4, BASE_BYTES + 4 + length) };
}

export function isUnrecognized({ flags }: Tlv): boolean {
  return (flags & UNRECOGNIZED) !== 0;
}

/** A stateless reflector repeats the sequence number of the request. */
export function isStateless(reply: Buffer): boolean {
  return reply.readUInt32BE(0) === reply.readUInt32BE(COPY);
}
