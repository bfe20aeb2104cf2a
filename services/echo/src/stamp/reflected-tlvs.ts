import type { RequestHeader } from '@echo-daytime/sockets';
import {
  CLASS_OF_SERVICE_BYTES,
  DIRECT_MEASUREMENT_BYTES,
  FOLLOW_UP_BYTES,
  ResponderValue,
  readClassOfService,
  TlvCursor,
  timestampingMethods,
  tlvFlags,
  tlvTypes,
  uint32,
  writeClassOfService,
  writeDirectMeasurement,
  writeFollowUp,
} from '@echo-daytime/stamp';
import type { SessionTable } from './session-table.ts';

const DONE = 0;
/** Bits of DSCP and ECN in the traffic class of an IP header. */
const DSCP_SHIFT = 2;
const ECN = 3;

/** Fills in the TLVs of a request in place, for its reply: RFC 8972, 4. */
export class ReflectedTlvs {
  readonly #cursor = new TlvCursor();
  readonly #sessions: SessionTable;
  readonly #responder: ResponderValue | undefined;

  /** @param responder who answers; undefined is not told */
  constructor(sessions: SessionTable, responder: string | undefined) {
    this.#sessions = sessions;
    this.#responder = responder === undefined ? undefined : new ResponderValue(responder);
  }

  /** @param session index in the table; -1 is none: the reflector is stateless for this request */
  fillIn(bytes: Uint8Array, header: RequestHeader, session: number): void {
    const cursor = this.#cursor;
    for (cursor.start(bytes); cursor.next(); ) {
      const flags = this.#fillInOne(bytes, header, session);
      // The flags of the sender are not kept: this says what became of the TLV here.
      bytes[cursor.at] = cursor.isWhole ? flags : flags | tlvFlags.malformed;
    }
  }

  /** @returns the flags of the TLV */
  #fillInOne(bytes: Uint8Array, header: RequestHeader, session: number): number {
    switch (this.#cursor.type) {
      case tlvTypes.extraPadding:
        return DONE;
      case tlvTypes.classOfService:
        return this.#classOfService(bytes, header);
      case tlvTypes.directMeasurement:
        return this.#directMeasurement(bytes, session);
      case tlvTypes.followUpTelemetry:
        return this.#followUp(bytes, session);
      case tlvTypes.responder:
        return this.#tellResponder(bytes);
      default:
        return tlvFlags.unrecognized;
    }
  }

  /** RFC 8972, 4.4. Any DSCP may be asked for: what it is worth is for the network to decide. */
  #classOfService(bytes: Uint8Array, header: RequestHeader): number {
    const { trafficClass } = header;
    if (Number.isNaN(trafficClass)) return tlvFlags.unrecognized;
    if (!this.#isLength(CLASS_OF_SERVICE_BYTES)) return tlvFlags.malformed;
    const { requestedDscp } = readClassOfService(bytes, this.#cursor.valueAt);
    writeClassOfService(bytes, this.#cursor.valueAt, {
      requestedDscp,
      receivedDscp: trafficClass >> DSCP_SHIFT,
      receivedEcn: trafficClass & ECN,
      isDenied: false,
    });
    header.replyTrafficClass = requestedDscp << DSCP_SHIFT;
    return DONE;
  }

  /** RFC 8972, 4.5. The packets counted are those of the session: each that is received is answered. */
  #directMeasurement(bytes: Uint8Array, session: number): number {
    if (session < 0) return tlvFlags.unrecognized;
    if (!this.#isLength(DIRECT_MEASUREMENT_BYTES)) return tlvFlags.malformed;
    const packets = this.#sessions.sequences[session]! + 1;
    writeDirectMeasurement(bytes, this.#cursor.valueAt, {
      senderSent: uint32(bytes, this.#cursor.valueAt),
      reflectorReceived: packets,
      reflectorSent: packets,
    });
    return DONE;
  }

  /** RFC 8972, 4.7. */
  #followUp(bytes: Uint8Array, session: number): number {
    if (!this.#isLength(FOLLOW_UP_BYTES)) return tlvFlags.malformed;
    const { lastNanoseconds, lastSeconds, lastSequences } = this.#sessions;
    const isKnown = session >= 0 && lastSeconds[session] !== 0;
    writeFollowUp(
      bytes,
      this.#cursor.valueAt,
      isKnown
        ? {
            sequence: lastSequences[session]!,
            sentAt: { seconds: lastSeconds[session]!, nanoseconds: lastNanoseconds[session]! },
            method: timestampingMethods.software,
          }
        : undefined,
    );
    return DONE;
  }

  #tellResponder(bytes: Uint8Array): number {
    if (!this.#responder) return tlvFlags.unrecognized;
    const { isWhole, length, valueAt } = this.#cursor;
    return isWhole && this.#responder.write(bytes, valueAt, length) ? DONE : tlvFlags.malformed;
  }

  /** Whether the TLV is all there and its value has this length. */
  #isLength(bytes: number): boolean {
    return this.#cursor.isWhole && this.#cursor.length === bytes;
  }
}
