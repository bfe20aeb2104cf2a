import { crc32 } from 'node:zlib';
import { bytesReturned, type FailedResult, type SampleResult } from '../sampling/outcome.ts';

/**
 * The payload of an echo, big-endian:
 *
 *     0  magic "L4PR"
 *     4  run: a random number of the probe's start
 *     8  sequence number of the sample
 *    12  send time, milliseconds since the Unix epoch, IEEE 754 double
 *    20  filler: every byte value in turn, to detect a path that changes some byte values
 *   n-4  CRC-32 of all bytes before it, so that a capture or another program can check the payload
 */
const MAGIC = 0x4c345052;
const RUN_AT = 4;
const SEQUENCE_AT = 8;
const SENT_AT = 12;
const FILLER_AT = 20;
const CRC_BYTES = 4;
export const MIN_PAYLOAD_BYTES = FILLER_AT + CRC_BYTES;

const filler = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

export interface PayloadHeader {
  /** 0 to 2^32 - 1 */
  readonly run: number;
  /** Counted modulo 2^32. */
  readonly sequence: number;
  readonly sentAt: number;
}

/** @param sizeBytes at least MIN_PAYLOAD_BYTES */
export function encodePayload({ run, sequence, sentAt }: PayloadHeader, sizeBytes: number): Buffer {
  const payload = Buffer.allocUnsafe(sizeBytes);
  payload.writeUInt32BE(MAGIC, 0);
  payload.writeUInt32BE(run, RUN_AT);
  payload.writeUInt32BE(sequence >>> 0, SEQUENCE_AT);
  payload.writeDoubleBE(sentAt, SENT_AT);
  payload.fill(filler, FILLER_AT);
  const crcAt = sizeBytes - CRC_BYTES;
  payload.writeUInt32BE(crc32(payload.subarray(0, crcAt)), crcAt);
  return payload;
}

/** A payload in a buffer that is reused for message after message, so that none allocates memory. */
export class PayloadSlot {
  readonly bytes: Buffer;
  readonly #covered: Buffer;

  /** @param bytes the memory of the payload, at least MIN_PAYLOAD_BYTES */
  constructor(bytes: Buffer, run: number) {
    this.bytes = bytes;
    this.#covered = bytes.subarray(0, bytes.length - CRC_BYTES);
    encodePayload({ run, sequence: 0, sentAt: 0 }, bytes.length).copy(bytes);
  }

  stamp(sequence: number, sentAt: number): void {
    this.bytes.writeUInt32BE(sequence >>> 0, SEQUENCE_AT);
    this.bytes.writeDoubleBE(sentAt, SENT_AT);
    this.bytes.writeUInt32BE(crc32(this.#covered), this.#covered.length);
  }
}

/** The header of an intact payload, also of another probe; undefined when the bytes are no intact payload. */
export function decodePayload(bytes: Buffer): PayloadHeader | undefined {
  if (bytes.length < MIN_PAYLOAD_BYTES || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  const crcAt = bytes.length - CRC_BYTES;
  if (crc32(bytes.subarray(0, crcAt)) !== bytes.readUInt32BE(crcAt)) return undefined;
  return {
    run: bytes.readUInt32BE(RUN_AT),
    sequence: bytes.readUInt32BE(SEQUENCE_AT),
    sentAt: bytes.readDoubleBE(SENT_AT),
  };
}

/** The run and sequence number of a payload that may be damaged; undefined when it does not begin like a payload. */
export function peekPayload(bytes: Buffer): Pick<PayloadHeader, 'run' | 'sequence'> | undefined {
  if (bytes.length < SENT_AT || bytes.readUInt32BE(0) !== MAGIC) return undefined;
  return { run: bytes.readUInt32BE(RUN_AT), sequence: bytes.readUInt32BE(SEQUENCE_AT) };
}

/** The first bytes of every payload of a run. */
export function payloadMark(run: number): Buffer {
  return encodePayload({ run, sequence: 0, sentAt: 0 }, MIN_PAYLOAD_BYTES).subarray(0, SEQUENCE_AT);
}

/** Judges a complete reply, such as a datagram. */
export function judgeEcho(reply: Buffer, sent: Buffer): SampleResult {
  const length = Math.min(reply.length, sent.length);
  const differs = firstDifference(reply.subarray(0, length), sent);
  if (differs !== undefined) {
    // An intact payload of another sample: the path mixes up flows. The CRC-32 tells this from damage.
    const other = decodePayload(reply);
    return {
      outcome: 'corrupt',
      detail: other ? otherSample(other) : changedByte(reply, sent, differs),
    };
  }
  if (reply.length < sent.length) {
    return { outcome: 'truncated', detail: `the answer has ${bytesReturned(reply.length, sent.length)}` };
  }
  if (reply.length > sent.length) {
    return { outcome: 'corrupt', detail: `the answer has ${reply.length} bytes, sent were ${sent.length}` };
  }
  return { outcome: 'ok' };
}

/**
 * Judges a chunk of a stream against what was sent from `offset` on.
 *
 * @returns a result when the chunk differs
 */
export function judgeChunk(chunk: Buffer, sent: Buffer, offset: number): FailedResult | undefined {
  const expected = sent.subarray(offset, offset + chunk.length);
  const differs = firstDifference(chunk.subarray(0, expected.length), expected);
  if (differs !== undefined) {
    return { outcome: 'corrupt', detail: changedByte(chunk, expected, differs, offset) };
  }
  if (chunk.length > expected.length) {
    return { outcome: 'corrupt', detail: `more than the ${sent.length} bytes sent came back` };
  }
  return undefined;
}

function firstDifference(bytes: Buffer, expected: Buffer): number | undefined {
  if (bytes.compare(expected, 0, bytes.length) === 0) return undefined;
  return bytes.findIndex((value, index) => value !== expected[index]);
}

function changedByte(bytes: Buffer, expected: Buffer, index: number, offset = 0): string {
  return `byte ${offset + index} came back as ${hex(bytes[index])}, sent was ${hex(expected[index])}`;
}

function otherSample({ run, sequence }: PayloadHeader): string {
  return `the answer belongs to another sample: number ${sequence} of run ${run}`;
}

function hex(value = 0): string {
  return `0x${value.toString(16).padStart(2, '0')}`;
}
