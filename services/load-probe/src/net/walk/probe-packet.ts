import { readReply } from '@echo-daytime/stamp';
import { encodeStamp, MIN_STAMP_BYTES } from '../../payload/stamp-packet.ts';
import type { Protocol } from '../../targets/protocol.ts';

/**
 * The shortest STAMP packet. An ICMP message with extensions quotes 128 bytes of a packet, padded (RFC 4884): shorter
 * packets have their extensions always at the same place.
 */
const PACKET_BYTES = MIN_STAMP_BYTES;
const MAX_NUMBER = 255;

/** Datagrams that tell their TTL, also where an ICMP message quotes no more than their first four bytes. */
export class ProbePackets {
  readonly #isStamp: boolean;
  readonly #sessionId = randomUint16();
  /** The upper half of all sequence numbers: datagrams of an earlier walk of the same ports are not taken for ours. */
  readonly #run = randomUint16();

  constructor(protocol: Protocol) {
    this.#isStamp = protocol === 'stamp-udp';
  }

  /** @param number of the datagram among those with this TTL, from 0 on */
  encode(ttl: number, number: number, sentAt: number): { readonly sequence: number; readonly bytes: Buffer } {
    const sequence = ((this.#run << 16) | ((number & MAX_NUMBER) << 8) | ttl) >>> 0;
    if (this.#isStamp) {
      return { sequence, bytes: encodeStamp({ sequence, sentAt, sessionId: this.#sessionId }, PACKET_BYTES) };
    }
    const bytes = Buffer.alloc(PACKET_BYTES);
    bytes.writeUInt32BE(sequence);
    return { sequence, bytes };
  }

  /** Which datagram the target answers; undefined where the answer does not tell, as that of daytime. */
  answered(answer: Buffer): number | undefined {
    return this.#isStamp ? readReply(answer)?.senderSequence : this.quoted(answer);
  }

  /** Which datagram an ICMP message quotes; undefined where it ends after the header of UDP. */
  quoted(payload: Buffer): number | undefined {
    return payload.length < 4 ? undefined : payload.readUInt32BE(0);
  }
}

/** Not 0. */
function randomUint16(): number {
  return 1 + Math.trunc(Math.random() * 0xffff);
}
