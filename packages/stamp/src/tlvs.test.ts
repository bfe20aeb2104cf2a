import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BASE_BYTES } from './packets.ts';
import {
  readClassOfService,
  readDirectMeasurement,
  readFollowUp,
  writeClassOfService,
  writeDirectMeasurement,
  writeFollowUp,
} from './tlv-values.ts';
import { readTlvs, TLV_HEADER_BYTES, TlvCursor, tlvTypes, writeTlv } from './tlvs.ts';

const uint32 = fc.nat(0xffff_ffff);

describe('TLVs', () => {
  it('should come back as they were written', () => {
    const tlv = fc.record({ type: fc.nat(255), value: fc.uint8Array({ maxLength: 40 }) });
    fc.assert(
      fc.property(fc.array(tlv, { maxLength: 8 }), (tlvs) => {
        const bytes = new Uint8Array(1_024);
        let at = BASE_BYTES;
        for (const { type, value } of tlvs) at = writeTlv(bytes, at, type, value);
        expect(readTlvs(bytes.subarray(0, at))).toEqual(
          tlvs.map((written) => ({ ...written, isUnrecognized: true, isMalformed: false })),
        );
      }),
    );
  });

  it('should be walked within any bytes, each after the one before, to the end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const cursor = new TlvCursor();
        let end = BASE_BYTES;
        for (cursor.start(bytes); cursor.next(); ) {
          expect(cursor.at).toBe(end);
          end = cursor.isWhole ? cursor.at + TLV_HEADER_BYTES + cursor.length : bytes.length;
          expect(end).toBeLessThanOrEqual(bytes.length);
        }
        expect(end).toBe(Math.max(bytes.length, BASE_BYTES));
        expect(
          readTlvs(bytes)
            .slice(0, -1)
            .some(({ value }) => value.length > bytes.length),
        ).toBe(false);
      }),
    );
  });

  it('should be malformed where the packet is too short for one', () => {
    const bytes = new Uint8Array(BASE_BYTES + 10);
    const at = writeTlv(bytes, BASE_BYTES, tlvTypes.extraPadding, Uint8Array.of(9, 9));
    bytes.set([0x80, tlvTypes.classOfService, 0, 4], at);
    expect(readTlvs(bytes.subarray(0, at + 4)).map(({ isMalformed }) => isMalformed)).toEqual([false, true]);
  });

  it('should have a class of service as in the figure of RFC 8972, 4.4', () => {
    const dscp = fc.nat(63);
    const value = fc.record({
      requestedDscp: dscp,
      receivedDscp: dscp,
      receivedEcn: fc.nat(3),
      isDenied: fc.boolean(),
    });
    const bytes = new Uint8Array(4);
    writeClassOfService(bytes, 0, { requestedDscp: 46, receivedDscp: 10, receivedEcn: 2, isDenied: true });
    expect([...bytes]).toEqual([0b10111000, 0b10101001, 0, 0]);
    fc.assert(
      fc.property(value, (written) => {
        writeClassOfService(bytes, 0, written);
        expect(readClassOfService(bytes, 0)).toEqual(written);
      }),
    );
  });

  it('should have counters and the time of the reply before', () => {
    const counters = fc.record({ senderSent: uint32, reflectorReceived: uint32, reflectorSent: uint32 });
    const followUp = fc.record({
      sequence: uint32,
      sentAt: fc.record({ seconds: fc.nat(4_000_000_000), nanoseconds: fc.nat(999_999_999) }),
      method: fc.nat(255),
    });
    const bytes = new Uint8Array(16);
    fc.assert(
      fc.property(counters, followUp, (count, told) => {
        writeDirectMeasurement(bytes, 0, count);
        expect(readDirectMeasurement(bytes, 0)).toEqual(count);
        writeFollowUp(bytes, 0, told);
        expect(readFollowUp(bytes, 0, 'ntp')).toEqual(told);
        writeFollowUp(bytes, 0, undefined);
        expect(readFollowUp(bytes, 0, 'ntp')).toBeUndefined();
      }),
    );
  });
});
