import { decodeErrorEstimate, type ErrorEstimate, formatOf, multiplierOf } from './error-estimate.ts';
import { elapsedMs, type Instant, readTimestamp, writeTimestamp } from './timestamps.ts';
import { uint16, uint32, writeUint16, writeUint32 } from './words.ts';

/** A test packet in unauthenticated mode without TLVs; requests and replies are as long (RFC 8762, 4.2.1 and 4.3.1). */
export const BASE_BYTES = 44;

/** Offsets in both packets. */
const SEQUENCE = 0;
const TIMESTAMP = 4;
const ERROR_ESTIMATE = 12;
/** RFC 8972, 3. */
const SESSION_ID = 14;
/** Offsets in a reply. From here on a request is zero. */
const RECEIVED = 16;
const SENDER = 24;
const SENDER_TIMESTAMP = SENDER + TIMESTAMP;
const SENDER_ERROR_ESTIMATE = SENDER + ERROR_ESTIMATE;
const TTL = 40;

export interface StampRequest {
  readonly sequence: number;
  readonly sentAt: Instant;
  /** The field, as `encodeErrorEstimate` makes it. */
  readonly errorEstimate: number;
  /** SSID; 0 is none. */
  readonly sessionId: number;
}

export interface StampReply {
  /** Equal to `senderSequence` in every reply of a stateless reflector. */
  readonly sequence: number;
  readonly sessionId: number;
  readonly receivedAt: Instant;
  readonly sentAt: Instant;
  /** From receiving the request to sending the reply, by the reflector's clock alone. */
  readonly reflectorMs: number;
  readonly errorEstimate: ErrorEstimate;
  readonly senderSequence: number;
  readonly senderSentAt: Instant;
  readonly senderErrorEstimate: ErrorEstimate;
  /** TTL or hop limit that the request arrived with; 255 also where the reflector can't know it. */
  readonly ttl: number;
}

/** Writes a request into the first BASE_BYTES of `bytes`. */
export function writeRequest(bytes: Uint8Array, request: StampRequest): void {
  bytes.fill(0, 0, BASE_BYTES);
  writeUint32(bytes, SEQUENCE, request.sequence);
  writeTimestamp(bytes, TIMESTAMP, request.sentAt);
  writeUint16(bytes, ERROR_ESTIMATE, request.errorEstimate);
  writeUint16(bytes, SESSION_ID, request.sessionId);
}

/** @returns undefined for bytes that are no request */
export function readRequest(bytes: Uint8Array): StampRequest | undefined {
  if (isMalformed(bytes)) return undefined;
  const errorEstimate = uint16(bytes, ERROR_ESTIMATE);
  return {
    sequence: uint32(bytes, SEQUENCE),
    sentAt: readTimestamp(bytes, TIMESTAMP, formatOf(errorEstimate)),
    errorEstimate,
    sessionId: sessionIdOf(bytes),
  };
}

/** Whether the packet is too short, or corrupt: a multiplier is never 0 (RFC 4656, 4.1.2). */
export function isMalformed(bytes: Uint8Array): boolean {
  return bytes.length < BASE_BYTES || multiplierOf(uint16(bytes, ERROR_ESTIMATE)) === 0;
}

export function sessionIdOf(bytes: Uint8Array): number {
  return uint16(bytes, SESSION_ID);
}

/** The number of a packet, of which the beginning is enough. */
export function sequenceOf(bytes: Uint8Array): number {
  return uint32(bytes, SEQUENCE);
}

/** The bytes of a request that its reply repeats: sequence number, timestamp, error estimate. */
export function requestIdentityOf(request: Uint8Array): Uint8Array {
  // Copied: the `slice` of a Buffer would share its memory.
  return new Uint8Array(request.subarray(SEQUENCE, SESSION_ID));
}

/** Whether these bytes are a reply, to the request with this identity. */
export function isReplyTo(reply: Uint8Array, identity: Uint8Array): boolean {
  return !isMalformed(reply) && identity.every((byte, at) => reply[SENDER + at] === byte);
}

/** The number of the request that bytes answer, whatever else is wrong with them; undefined where they are too few. */
export function requestSequenceOf(reply: Uint8Array): number | undefined {
  if (reply.length < SENDER + SESSION_ID) return undefined;
  // An echo has zeros there; a reply has an error estimate, which is never 0.
  const isEcho = uint16(reply, SENDER_ERROR_ESTIMATE) === 0;
  return uint32(reply, isEcho ? SEQUENCE : SENDER);
}

/** What a reflector puts into a reply. */
export interface Reflection {
  /** Undefined leaves the sender's, as a stateless reflector does. */
  readonly sequence: number | undefined;
  readonly errorEstimate: number;
  readonly receivedAt: Instant;
  readonly sentAt: Instant;
  readonly ttl: number;
}

/** Makes a request into its reply, in place; what follows the base packet stays as it is. */
export function reflect(bytes: Uint8Array, reflection: Reflection): void {
  bytes.copyWithin(SENDER, SEQUENCE, SESSION_ID);
  if (reflection.sequence !== undefined) writeUint32(bytes, SEQUENCE, reflection.sequence);
  writeTimestamp(bytes, TIMESTAMP, reflection.sentAt);
  writeUint16(bytes, ERROR_ESTIMATE, reflection.errorEstimate);
  writeTimestamp(bytes, RECEIVED, reflection.receivedAt);
  writeUint16(bytes, SENDER + SESSION_ID, 0);
  // The byte of the TTL, then zeros.
  writeUint32(bytes, TTL, reflection.ttl * 2 ** 24);
}

/** @returns undefined for bytes that are too short to be a reply */
export function readReply(bytes: Uint8Array): StampReply | undefined {
  if (bytes.length < BASE_BYTES) return undefined;
  const errorEstimate = uint16(bytes, ERROR_ESTIMATE);
  const senderErrorEstimate = uint16(bytes, SENDER_ERROR_ESTIMATE);
  const format = formatOf(errorEstimate);
  return {
    sequence: uint32(bytes, SEQUENCE),
    sessionId: sessionIdOf(bytes),
    receivedAt: readTimestamp(bytes, RECEIVED, format),
    sentAt: readTimestamp(bytes, TIMESTAMP, format),
    reflectorMs: elapsedMs(bytes, RECEIVED, TIMESTAMP, format),
    errorEstimate: decodeErrorEstimate(errorEstimate),
    senderSequence: uint32(bytes, SENDER),
    senderSentAt: readTimestamp(bytes, SENDER_TIMESTAMP, formatOf(senderErrorEstimate)),
    senderErrorEstimate: decodeErrorEstimate(senderErrorEstimate),
    ttl: bytes[TTL]!,
  };
}
