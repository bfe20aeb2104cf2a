import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elapsedMs, readTimestamp, writeTimestamp } from './timestamps.ts';

/** What NTP's 32 bits of seconds tell apart, 1968 to 2104. */
const instant = fc.record({
  seconds: fc.integer({ min: -61_505_152, max: 4_233_462_143 }),
  nanoseconds: fc.nat(999_999_999),
});

describe('timestamps', () => {
  it('should be what RFC 5905 has for the first second of Unix, and half a second later', () => {
    const bytes = new Uint8Array(8);
    writeTimestamp(bytes, 0, { seconds: 0, nanoseconds: 500_000_000 });
    expect([...bytes]).toEqual([0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0]);
  });

  it('should come back to the nanosecond, in both eras of NTP', () => {
    fc.assert(
      fc.property(instant, (at) => {
        const bytes = new Uint8Array(8);
        writeTimestamp(bytes, 0, at);
        expect(readTimestamp(bytes, 0, 'ntp')).toEqual(at);
      }),
    );
  });

  it('should read the truncated format of PTP', () => {
    const bytes = Uint8Array.of(0x6b, 0, 0, 1, 0, 0, 0x03, 0xe8);
    expect(readTimestamp(bytes, 0, 'ptp')).toEqual({ seconds: 0x6b000001, nanoseconds: 1_000 });
  });

  it('should tell the time between two timestamps to a part of a nanosecond, also across the end of an era', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: -2_000_000_000, max: 2_000_000_000 }), (from, nanoseconds) => {
        const total = from.nanoseconds + nanoseconds;
        const seconds = Math.floor(total / 1e9);
        const bytes = new Uint8Array(16);
        writeTimestamp(bytes, 0, from);
        writeTimestamp(bytes, 8, { seconds: from.seconds + seconds, nanoseconds: total - seconds * 1e9 });
        expect(elapsedMs(bytes, 0, 8, 'ntp')).toBeCloseTo(nanoseconds / 1e6, 6);
      }),
    );
  });
});
