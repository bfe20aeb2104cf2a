import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMoment } from '../test/arbitraries.ts';
import { openZone } from './zone.ts';

const HOUR = 3_600_000;

describe('openZone', () => {
  it('should name the value, what is allowed and examples when there is no such zone', () => {
    for (const name of ['Mars/Olympus', '', 'UTC\n', ':UTC', 'CET-1CEST']) {
      expect(() => openZone(name)).toThrow(RangeError);
      expect(() => openZone(name)).toThrow(
        `unknown time zone ${JSON.stringify(name)}: use an IANA name such as UTC, Europe/Berlin or America/New_York, or an offset such as +05:30`,
      );
    }
  });

  it('should take IANA names in any case and offsets', () => {
    expect(openZone('europe/berlin').offsetAt(0)).toBe(HOUR);
    expect(openZone('+05:30').offsetAt(0)).toBe(5.5 * HOUR);
  });
});

describe('Zone', () => {
  it('should give offsets to the second', () => {
    // Liberia kept its local mean time until 7 January 1972.
    expect(openZone('Africa/Monrovia').offsetAt(0)).toBe(-(44 * 60 + 30) * 1000);
    expect(openZone('Asia/Kathmandu').offsetAt(Date.UTC(2026, 10, 20))).toBe(5.75 * HOUR);
    expect(openZone('UTC').offsetAt(Date.UTC(9999, 11, 31))).toBe(0);
  });

  it('should agree with Temporal on the offset at any instant', () => {
    fc.assert(
      fc.property(anyMoment, ({ zone, instant }) => {
        const epochMs = Number(instant / 1_000_000n);
        const there = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(zone.name);
        expect(zone.offsetAt(epochMs)).toBe(there.offsetNanoseconds / 1e6);
      }),
      { numRuns: 500 },
    );
  });

  it('should agree with Temporal on the instants of any local time', () => {
    fc.assert(
      fc.property(anyMoment, ({ zone, instant }) => {
        // An instant's own UTC time, taken for local time, may fall into a gap as well.
        for (const localMs of [0, zone.offsetAt(Number(instant / 1_000_000n))].map(
          (offset) => Number(instant / 1_000_000n) + offset,
        )) {
          const local = Temporal.Instant.fromEpochMilliseconds(localMs)
            .toZonedDateTimeISO('UTC')
            .toPlainDateTime();
          const both = (['earlier', 'later'] as const)
            .map((disambiguation) => local.toZonedDateTime(zone.name, { disambiguation }))
            .filter((there) => there.toPlainDateTime().equals(local))
            .map((there) => there.epochMilliseconds);
          expect(zone.instantsOf(localMs)).toEqual([...new Set(both)]);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('should find two instants where clocks are set back and none where they are set forward', () => {
    const berlin = openZone('Europe/Berlin');
    const twice = Date.UTC(2026, 9, 25, 2, 30);
    expect(berlin.instantsOf(twice)).toEqual([twice - 2 * HOUR, twice - HOUR]);
    expect(berlin.instantsOf(Date.UTC(2026, 2, 29, 2, 30))).toEqual([]);
    // Samoa had no 30 December 2011.
    expect(openZone('Pacific/Apia').instantsOf(Date.UTC(2011, 11, 30, 12))).toEqual([]);
  });

  it.each([
    ['UTC', 'UTC', 'UTC'],
    ['America/New_York', 'EST', 'EDT'],
    ['Europe/Berlin', 'CET', 'CEST'],
    ['Europe/London', 'GMT', 'BST'],
    ['Australia/Sydney', 'AEDT', 'AEST'],
    ['America/St_Johns', 'NST', 'NDT'],
    ['Asia/Kolkata', 'IST', 'IST'],
    ['Africa/Johannesburg', 'SAST', 'SAST'],
    ['Asia/Tokyo', 'JST', 'JST'],
    ['America/Sao_Paulo', undefined, undefined],
    ['+05:30', undefined, undefined],
  ])('should know the abbreviations of %s', (name, january, july) => {
    const zone = openZone(name);
    expect(zone.abbreviationAt(Date.UTC(2026, 0, 15))).toBe(january);
    expect(zone.abbreviationAt(Date.UTC(2026, 6, 15))).toBe(july);
  });

  it.each([
    ['UTC', false, false],
    ['America/New_York', false, true],
    ['Australia/Lord_Howe', true, false],
    ['Asia/Tokyo', false, false],
  ])('should know summer time in %s', (name, january, july) => {
    const zone = openZone(name);
    expect(zone.isSummerTimeAt(Date.UTC(2026, 0, 15))).toBe(january);
    expect(zone.isSummerTimeAt(Date.UTC(2026, 6, 15))).toBe(july);
  });
});
