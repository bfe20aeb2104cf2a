export {
  decodeErrorEstimate,
  type ErrorEstimate,
  encodeErrorEstimate,
  UNKNOWN_CLOCK,
} from './error-estimate.ts';
export {
  BASE_BYTES,
  isMalformed,
  isReplyTo,
  type Reflection,
  readReply,
  readRequest,
  reflect,
  requestIdentityOf,
  requestSequenceOf,
  type StampReply,
  type StampRequest,
  sequenceOf,
  sessionIdOf,
  writeRequest,
} from './packets.ts';
export { ResponderValue, readResponder } from './responder.ts';
export {
  elapsedMs,
  type Instant,
  readTimestamp,
  type TimestampFormat,
  writeTimestamp,
} from './timestamps.ts';
export {
  CLASS_OF_SERVICE_BYTES,
  type ClassOfService,
  DIRECT_MEASUREMENT_BYTES,
  type DirectMeasurement,
  FOLLOW_UP_BYTES,
  type FollowUpTelemetry,
  readClassOfService,
  readDirectMeasurement,
  readFollowUp,
  timestampingMethods,
  writeClassOfService,
  writeDirectMeasurement,
  writeFollowUp,
} from './tlv-values.ts';
export { readTlvs, TLV_HEADER_BYTES, type Tlv, TlvCursor, tlvFlags, tlvTypes, writeTlv } from './tlvs.ts';
export { uint16, uint32, writeUint16, writeUint32 } from './words.ts';
