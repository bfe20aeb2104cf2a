import { readReply } from '@echo-daytime/stamp';
import { encodeStamp, MARKED_STAMP_BYTES, MIN_STAMP_BYTES, readStamp } from '../../payload/stamp-packet.ts';
import type { WalkedFlow } from './probes.ts';

const MAX_NUMBER = 255;

/**
 * Datagrams that tell their TTL, also where an ICMP message quotes no more than their first four bytes. An ICMP message
 * with extensions quotes 128 bytes of a packet, padded (RFC 4884): these are shorter, so that extensions are always at the
 * same place.
 */
export class ProbePackets {
  readonly #isStamp: boolean;
  readonly #dscp: number | undefined;
  readonly #sessionId = randomUint16();
  /** The upper half of all sequence numbers: datagrams of an earlier walk of the same ports are not taken for ours. */
  readonly #run = randomUint16();

  constructor({ dscp, protocol }: WalkedFlow) {
    this.#isStamp = protocol === 'stamp-udp';
    this.#dscp = dscp;
  }

  /** @param number of the datagram among those with this TTL, from 0 on */
  encode(ttl: number, number: number, sentAt: number): { readonly sequence: number; readonly bytes: Buffer } {
    const sequence = ((this.#run << 16) | ((number & MAX_NUMBER) << 8) | ttl) >>> 0;
    if (this.#isStamp) {
      const dscp = this.#dscp;
      const size = dscp === undefined ? MIN_STAMP_BYTES : MARKED_STAMP_BYTES;
      return { sequence, bytes: encodeStamp({ sequence, sentAt, sessionId: this.#sessionId, dscp }, size) };
    }
    const bytes = Buffer.alloc(MIN_STAMP_BYTES);
    bytes.writeUInt32BE(sequence);
    return { sequence, bytes };
  }

  /** Which datagram the target answers; undefined where the answer does not tell, as that of daytime. */
  answered(answer: Buffer): number | undefined {
    return this.#isStamp ? readReply(answer)?.senderSequence : this.quoted(answer);
  }

  /** Of the datagram as the target received it; NaN where the answer does not tell, as all but those of STAMP. */
  receivedTrafficClass(answer: Buffer): number {
    const service = this.#isStamp ? readStamp(answer).classOfService : undefined;
    return service === undefined ? Number.NaN : (service.receivedDscp << 2) | service.receivedEcn;
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
