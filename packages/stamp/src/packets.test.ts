import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BASE_BYTES,
  isMalformed,
  isReplyTo,
  readReply,
  readRequest,
  reflect,
  requestIdentityOf,
  requestSequenceOf,
  sequenceOf,
  writeRequest,
} from './packets.ts';

const uint32 = fc.nat(0xffff_ffff);
const instant = fc.record({ seconds: fc.nat(4_000_000_000), nanoseconds: fc.nat(999_999_999) });
/** A field that is a valid error estimate, of a timestamp in the NTP format. */
const errorEstimate = fc
  .record({ high: fc.nat(0xbf), low: fc.integer({ min: 1, max: 255 }) })
  .map(({ high, low }) => ((high & 0xbf) << 8) | low);
const request = fc.record({ sequence: uint32, sentAt: instant, errorEstimate, sessionId: fc.nat(0xffff) });

describe('packets', () => {
  it('should be laid out as in the figures of RFC 8762, 4.2.1 and 4.3.1, with the SSID of RFC 8972, 3', () => {
    const bytes = new Uint8Array(46).fill(0xee);
    writeRequest(bytes, {
      sequence: 0x01020304,
      sentAt: { seconds: 0, nanoseconds: 500_000_000 },
      errorEstimate: 0x8a0b,
      sessionId: 0x0c0d,
    });
    const hex = () =>
      Buffer.from(bytes)
        .toString('hex')
        .replaceAll(/(.{8})/g, '$1 ')
        .trim();
    expect(hex()).toBe(`01020304 83aa7e80 80000000 8a0b0c0d ${'00000000 '.repeat(7)}eeee`);
    reflect(bytes, {
      sequence: 0xfffffffe,
      errorEstimate: 0x3fff,
      receivedAt: { seconds: 1, nanoseconds: 0 },
      sentAt: { seconds: 2, nanoseconds: 0 },
      ttl: 0xfa,
    });
    expect(hex()).toBe(
      'fffffffe 83aa7e82 00000000 3fff0c0d 83aa7e81 00000000 01020304 83aa7e80 80000000 8a0b0000 fa000000 eeee',
    );
  });

  it('should give a reader what the sender and the reflector wrote', () => {
    const reflection = fc.record({
      sequence: fc.option(uint32, { nil: undefined }),
      errorEstimate,
      receivedAt: instant,
      sentAt: instant,
      ttl: fc.nat(255),
    });
    fc.assert(
      fc.property(request, reflection, (sent, told) => {
        const bytes = new Uint8Array(BASE_BYTES);
        writeRequest(bytes, sent);
        expect(readRequest(bytes)).toEqual(sent);
        const identity = requestIdentityOf(bytes);
        expect([sequenceOf(bytes), requestSequenceOf(bytes)]).toEqual([sent.sequence, sent.sequence]);
        reflect(bytes, told);
        expect(requestSequenceOf(bytes)).toBe(sent.sequence);
        expect(isReplyTo(bytes, identity)).toBe(true);
        expect(isReplyTo(bytes, identity.with(3, identity[3]! ^ 1))).toBe(false);
        expect(readReply(bytes)).toMatchObject({
          sequence: told.sequence ?? sent.sequence,
          sessionId: sent.sessionId,
          receivedAt: told.receivedAt,
          sentAt: told.sentAt,
          senderSequence: sent.sequence,
          senderSentAt: sent.sentAt,
          ttl: told.ttl,
        });
      }),
    );
  });

  it('should read any bytes without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(readRequest(bytes) === undefined).toBe(isMalformed(bytes));
        expect(readReply(bytes) === undefined).toBe(bytes.length < BASE_BYTES);
      }),
    );
  });

  it.each([
    ['a byte too short', new Uint8Array(43).fill(1), true],
    ['with a multiplier of 0', new Uint8Array(44), true],
    ['with nothing that is wrong', new Uint8Array(44).fill(1), false],
  ])('should tell whether a request %s is malformed', (_, bytes, expected) => {
    expect(isMalformed(bytes)).toBe(expected);
  });
});
