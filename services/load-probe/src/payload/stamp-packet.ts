import {
  BASE_BYTES,
  CLASS_OF_SERVICE_BYTES,
  type ClassOfService,
  DIRECT_MEASUREMENT_BYTES,
  isMalformed,
  isReplyTo,
  readClassOfService,
  readReply,
  readResponder,
  readTlvs,
  requestIdentityOf,
  requestSequenceOf,
  sequenceOf,
  TLV_HEADER_BYTES,
  type Tlv,
  tlvTypes,
  UNKNOWN_CLOCK,
  writeClassOfService,
  writeDirectMeasurement,
  writeRequest,
  writeTlv,
} from '@echo-daytime/stamp';
import { bytesReturned, type SampleResult } from '../sampling/outcome.ts';
import { judgeChunk } from './payload.ts';
import { readFields, type WhoReport } from './who-line.ts';

/** The base packet. */
export const MIN_STAMP_BYTES = BASE_BYTES;
/** A packet has this much room for TLVs, or none. */
export const MIN_TLV_BYTES = TLV_HEADER_BYTES;

const MARK_BYTES = TLV_HEADER_BYTES + CLASS_OF_SERVICE_BYTES;
/** The shortest that asks for its mark as received. */
export const MARKED_STAMP_BYTES = BASE_BYTES + MARK_BYTES;
const MEASUREMENT_BYTES = TLV_HEADER_BYTES + DIRECT_MEASUREMENT_BYTES;
/** Names of a pod, its node and its zone, with their fields. */
const MAX_RESPONDER_BYTES = 160;
const MIN_RESPONDER_BYTES = 16;
/** From this size on, a packet asks who answers. */
const MIN_ASKING_BYTES = BASE_BYTES + MEASUREMENT_BYTES + 2 * TLV_HEADER_BYTES + MIN_RESPONDER_BYTES;
/** Of a packet whose target has no size of its own: room to ask all, and padding with every byte value. */
export const STAMP_BYTES = 512;
/** Every byte value in turn, to detect a path that changes some. */
const filler = Buffer.from(Array.from({ length: 256 }, (_, value) => value));

export interface StampHeader {
  /** Of the packet in its session, from 0 on. */
  readonly sequence: number;
  /** Milliseconds since the Unix epoch. */
  readonly sentAt: number;
  /** SSID. */
  readonly sessionId: number;
  /** The mark that the request is sent with, and its reply has to be. */
  readonly dscp?: number | undefined;
}

/**
 * A request. Where it has the room, it asks for its class of service as received (RFC 8972, 4.4), if it is marked, for a
 * direct measurement (4.5), which only a reflector with a session can answer, and who answers; the rest is extra padding.
 */
export function encodeStamp({ dscp, sequence, sentAt, sessionId }: StampHeader, sizeBytes: number): Buffer {
  const packet = Buffer.alloc(sizeBytes);
  const seconds = Math.floor(sentAt / 1_000);
  const nanoseconds = Math.min(Math.round((sentAt - seconds * 1_000) * 1e6), 999_999_999);
  writeRequest(packet, {
    sequence,
    sentAt: { seconds, nanoseconds },
    errorEstimate: UNKNOWN_CLOCK,
    sessionId,
  });
  let at = BASE_BYTES;
  const ask = (type: number, value: Uint8Array): void => {
    if (hasRoom(sizeBytes - at - TLV_HEADER_BYTES - value.length)) at = writeTlv(packet, at, type, value);
  };
  if (dscp !== undefined) {
    const value = new Uint8Array(CLASS_OF_SERVICE_BYTES);
    writeClassOfService(value, 0, {
      requestedDscp: dscp,
      receivedDscp: 0,
      receivedEcn: 0,
      isDenied: false,
    });
    ask(tlvTypes.classOfService, value);
  }
  const measurement = new Uint8Array(DIRECT_MEASUREMENT_BYTES);
  writeDirectMeasurement(measurement, 0, {
    senderSent: sequence + 1,
    reflectorReceived: 0,
    reflectorSent: 0,
  });
  ask(tlvTypes.directMeasurement, measurement);
  const responderBytes = Math.min(MAX_RESPONDER_BYTES, sizeBytes - at - 2 * TLV_HEADER_BYTES);
  if (responderBytes >= MIN_RESPONDER_BYTES) {
    at = writeTlv(packet, at, tlvTypes.responder, new Uint8Array(responderBytes));
  }
  if (at < sizeBytes) {
    const padding = Buffer.alloc(sizeBytes - at - TLV_HEADER_BYTES, filler);
    writeTlv(packet, at, tlvTypes.extraPadding, padding);
  }
  return packet;
}

/** Whether a packet can have so many bytes behind what it has already. */
export function hasRoom(bytes: number): boolean {
  return bytes === 0 || bytes >= MIN_TLV_BYTES;
}

/** Whether a packet of this size can ask for its mark as received. */
export function hasRoomForMark(sizeBytes: number): boolean {
  return hasRoom(sizeBytes - BASE_BYTES - MARK_BYTES);
}

export function judgeStamp(reply: Buffer, request: Buffer): SampleResult {
  if (reply.length < BASE_BYTES) {
    const detail = `the answer has ${reply.length} bytes; a STAMP packet has at least ${BASE_BYTES}`;
    return { outcome: 'malformed', detail };
  }
  if (reply.equals(request)) {
    return { outcome: 'malformed', detail: 'the answer is the request itself: an echo, no STAMP reflector' };
  }
  if (isMalformed(reply)) {
    return { outcome: 'malformed', detail: 'the error estimate of the answer has the multiplier 0' };
  }
  if (!isReplyTo(reply, requestIdentityOf(request))) {
    const [number, sent] = [requestSequenceOf(reply), sequenceOf(request)];
    const what = number === sent ? 'with another time' : `to request ${number}, sent was ${sent}`;
    return { outcome: 'corrupt', detail: `the answer is not to this request: it is ${what}` };
  }
  if (reply.length < request.length) {
    return { outcome: 'truncated', detail: `the answer has ${bytesReturned(reply.length, request.length)}` };
  }
  if (reply.length > request.length) {
    return {
      outcome: 'corrupt',
      detail: `the answer has ${reply.length} bytes, sent were ${request.length}`,
    };
  }
  return judgePadding(reply, request) ?? { outcome: 'ok' };
}

function judgePadding(reply: Buffer, request: Buffer): SampleResult | undefined {
  const padding = readTlvs(request).findLast(({ type }) => type === tlvTypes.extraPadding);
  const at = request.length - (padding?.value.length ?? 0);
  return judgeChunk(reply.subarray(at), request, at);
}

/** What a reply, already judged as right, tells. */
export interface StampReading {
  /** The time that the reflector took, by its own clock alone. Milliseconds. */
  readonly reflectorMs: number;
  /** How many requests of the session the reflector had received before; undefined where it may be stateless. */
  readonly slot: number | undefined;
  /** As the request was received; undefined where the reflector does not tell. */
  readonly classOfService: ClassOfService | undefined;
  readonly who: WhoReport;
}

export function readStamp(reply: Buffer): StampReading {
  const { reflectorMs, senderSequence, sequence } = readReply(reply)!;
  const tlvs = readTlvs(reply);
  const told = tlvs.filter(({ isMalformed: isWrong, isUnrecognized }) => !isWrong && !isUnrecognized);
  const measured = told.some(({ type }) => type === tlvTypes.directMeasurement);
  const service = told.find(({ type }) => type === tlvTypes.classOfService)?.value;
  return {
    reflectorMs,
    // A stateless reflector has the number of the sender in all replies.
    slot: measured || sequence !== senderSequence ? sequence : undefined,
    classOfService: service?.length === CLASS_OF_SERVICE_BYTES ? readClassOfService(service, 0) : undefined,
    who: readWho(tlvs, reply.length),
  };
}

function readWho(tlvs: readonly Tlv[], bytes: number): WhoReport {
  const told = tlvs.find(({ type }) => type === tlvTypes.responder);
  if (!told) {
    return {
      unknown: `packets of ${bytes} bytes have no room for a name: set size to ${STAMP_BYTES}, ${MIN_ASKING_BYTES} at least`,
    };
  }
  if (told.isUnrecognized) return { unknown: 'the reflector does not tell who answers' };
  if (told.isMalformed) {
    return {
      unknown: `packets of ${bytes} bytes have no room for the name of the reflector: set size to ${STAMP_BYTES}`,
    };
  }
  const responder = readFields(readResponder(told.value) ?? '');
  return responder ?? { unknown: 'the reflector told no name' };
}
