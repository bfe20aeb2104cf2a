/** The values of TLVs, RFC 8972, 4.4, 4.5 and 4.7. `at` is the offset of the value; the caller has checked its length. */
import { type Instant, readTimestamp, type TimestampFormat, writeTimestamp } from './timestamps.ts';
import { uint32, writeUint32 } from './words.ts';

export interface ClassOfService {
  /** DSCP1: what the sender wants the reply to be sent with. */
  readonly requestedDscp: number;
  /** DSCP2: what the request arrived with. */
  readonly receivedDscp: number;
  /** What the request arrived with. */
  readonly receivedEcn: number;
  /** RP: the reflector may not send with `requestedDscp`. */
  readonly isDenied: boolean;
}

const DSCP = 0x3f;
const ECN = 0x03;
export const CLASS_OF_SERVICE_BYTES = 4;

export function writeClassOfService(bytes: Uint8Array, at: number, value: ClassOfService): void {
  const { isDenied, receivedDscp, receivedEcn, requestedDscp } = value;
  const low = (receivedEcn & ECN) * 2 ** 18 + (isDenied ? 2 ** 16 : 0);
  writeUint32(bytes, at, (requestedDscp & DSCP) * 2 ** 26 + (receivedDscp & DSCP) * 2 ** 20 + low);
}

export function readClassOfService(bytes: Uint8Array, at: number): ClassOfService {
  const word = uint32(bytes, at);
  return {
    requestedDscp: word >>> 26,
    receivedDscp: (word >>> 20) & DSCP,
    receivedEcn: (word >>> 18) & ECN,
    isDenied: ((word >>> 16) & ECN) !== 0,
  };
}

/** Numbers of the packets of a session: modulo 2³². */
export interface DirectMeasurement {
  readonly senderSent: number;
  readonly reflectorReceived: number;
  readonly reflectorSent: number;
}

export const DIRECT_MEASUREMENT_BYTES = 12;

export function writeDirectMeasurement(bytes: Uint8Array, at: number, value: DirectMeasurement): void {
  writeUint32(bytes, at, value.senderSent);
  writeUint32(bytes, at + 4, value.reflectorReceived);
  writeUint32(bytes, at + 8, value.reflectorSent);
}

export function readDirectMeasurement(bytes: Uint8Array, at: number): DirectMeasurement {
  return {
    senderSent: uint32(bytes, at),
    reflectorReceived: uint32(bytes, at + 4),
    reflectorSent: uint32(bytes, at + 8),
  };
}

/** How a timestamp was taken. */
export const timestampingMethods = { hardware: 1, software: 2, controlPlane: 3 } as const;

/** The reply before this one: when it was sent, as is known only after sending. */
export interface FollowUpTelemetry {
  readonly sequence: number;
  readonly sentAt: Instant;
  /** One of `timestampingMethods`; 0 where there was no reply before. */
  readonly method: number;
}

export const FOLLOW_UP_BYTES = 16;

/** @param value undefined where there was no reply before, or none is remembered: all zero */
export function writeFollowUp(bytes: Uint8Array, at: number, value: FollowUpTelemetry | undefined): void {
  bytes.fill(0, at, at + FOLLOW_UP_BYTES);
  if (value === undefined) return;
  writeUint32(bytes, at, value.sequence);
  writeTimestamp(bytes, at + 4, value.sentAt);
  bytes[at + 12] = value.method;
}

/** @returns undefined where the reflector told of no reply */
export function readFollowUp(
  bytes: Uint8Array,
  at: number,
  format: TimestampFormat,
): FollowUpTelemetry | undefined {
  const method = bytes[at + 12] ?? 0;
  if (uint32(bytes, at + 4) === 0 && uint32(bytes, at + 8) === 0) return undefined;
  return { sequence: uint32(bytes, at), sentAt: readTimestamp(bytes, at + 4, format), method };
}
