import { BASE_BYTES } from './packets.ts';
import { uint16, writeUint16 } from './words.ts';

/** Flags, type, and the length of the value (RFC 8972, 4). */
export const TLV_HEADER_BYTES = 4;

/** RFC 8972, 5.1. From 252 on it is for private use. */
export const tlvTypes = {
  extraPadding: 1,
  location: 2,
  timestampInformation: 3,
  classOfService: 4,
  directMeasurement: 5,
  accessReport: 6,
  followUpTelemetry: 7,
  hmac: 8,
  responder: 252,
} as const;

/** A sender sets U alone; a reflector says by them what it made of the TLV. */
export const tlvFlags = { unrecognized: 0x80, malformed: 0x40, integrity: 0x20 } as const;

/** Walks the TLVs behind a base packet without allocating. A TLV that the packet is too short for is the last. */
export class TlvCursor {
  /** Offset of the current TLV. */
  at = 0;
  type = 0;
  /** Bytes of the value, as the TLV says. */
  length = 0;
  /** Whether the packet has all of the TLV. */
  isWhole = false;
  #bytes: Uint8Array = new Uint8Array();
  #end = BASE_BYTES;

  start(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#end = BASE_BYTES;
  }

  /** Goes to the next TLV. @returns false behind the last */
  next(): boolean {
    const bytes = this.#bytes;
    const at = this.#end;
    if (at >= bytes.length) return false;
    this.at = at;
    this.type = bytes[at + 1] ?? 0;
    this.length = uint16(bytes, at + 2);
    const end = at + TLV_HEADER_BYTES + this.length;
    this.isWhole = end <= bytes.length;
    this.#end = this.isWhole ? end : bytes.length;
    return true;
  }

  get valueAt(): number {
    return this.at + TLV_HEADER_BYTES;
  }
}

export interface Tlv {
  readonly type: number;
  readonly isUnrecognized: boolean;
  readonly isMalformed: boolean;
  readonly value: Uint8Array;
}

/** The TLVs of a packet as values; one that the packet is too short for has the rest, and is malformed. */
export function readTlvs(bytes: Uint8Array): readonly Tlv[] {
  const found: Tlv[] = [];
  const cursor = new TlvCursor();
  for (cursor.start(bytes); cursor.next(); ) {
    const flags = bytes[cursor.at]!;
    found.push({
      type: cursor.type,
      isUnrecognized: (flags & tlvFlags.unrecognized) !== 0,
      isMalformed: !cursor.isWhole || (flags & tlvFlags.malformed) !== 0,
      // Copied: the `slice` of a Buffer would share its memory.
      value: new Uint8Array(bytes.subarray(cursor.valueAt, cursor.valueAt + cursor.length)),
    });
  }
  return found;
}

/** Writes a TLV as a sender does. @returns the offset behind it */
export function writeTlv(bytes: Uint8Array, at: number, type: number, value: Uint8Array): number {
  bytes[at] = tlvFlags.unrecognized;
  bytes[at + 1] = type;
  writeUint16(bytes, at + 2, value.length);
  bytes.set(value, at + TLV_HEADER_BYTES);
  return at + TLV_HEADER_BYTES + value.length;
}
