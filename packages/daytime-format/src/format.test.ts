import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMoment, zoneNamed } from '../test/arbitraries.ts';
import { formatDaytime } from './format.ts';
import { type FormatName, formats } from './formats.ts';

function nanoseconds(iso: string): bigint {
  return Temporal.Instant.from(iso).epochNanoseconds;
}

const november = '2026-11-20T07:13:05.123456789Z';
const july = '2026-07-05T03:04:05.5Z';
const first = '1970-01-01T00:00:00Z';
const last = '9999-12-31T23:59:59.999999999Z';
const examples: readonly [FormatName, string, string, string][] = [
  ['timestamp', 'Europe/Berlin', november, '1795158785'],
  ['timestamp-ms', 'Europe/Berlin', november, '1795158785123'],
  ['timestamp-ns', 'Europe/Berlin', november, '1795158785123456789'],
  ['timestamp', 'UTC', first, '0'],
  ['timestamp', 'UTC', last, '253402300799'],
  ['timestamp-ms', 'UTC', last, '253402300799999'],
  ['timestamp-ns', 'UTC', last, '253402300799999999999'],

  ['rfc867', 'UTC', november, 'Friday, November 20, 2026 07:13:05-UTC'],
  ['rfc867', 'America/New_York', july, 'Saturday, July 4, 2026 23:04:05-EDT'],
  ['rfc867', 'Asia/Kathmandu', july, 'Sunday, July 5, 2026 08:49:05+0545'],
  ['rfc867', 'America/Sao_Paulo', july, 'Sunday, July 5, 2026 00:04:05-0300'],
  ['rfc867', 'Africa/Monrovia', first, 'Wednesday, December 31, 1969 23:15:30-004430'],

  ['smtp', 'UTC', november, '20 NOV 2026 07:13:05 UTC'],
  ['smtp', 'Europe/Berlin', july, '05 JUL 2026 05:04:05 CEST'],
  ['smtp', 'America/Sao_Paulo', july, '05 JUL 2026 00:04:05 -0300'],

  ['ctime', 'UTC', november, 'Fri Nov 20 07:13:05 2026'],
  ['ctime', 'UTC', july, 'Sun Jul  5 03:04:05 2026'],
  ['ctime', 'Asia/Tokyo', last, 'Sat Jan  1 08:59:59 10000'],

  ['iso8601', 'UTC', november, '2026-11-20T07:13:05.123+00:00'],
  ['iso8601', 'UTC', first, '1970-01-01T00:00:00.000+00:00'],
  ['iso8601', 'Asia/Kathmandu', july, '2026-07-05T08:49:05.500+05:45'],
  ['iso8601', 'America/Sao_Paulo', first, '1969-12-31T21:00:00.000-03:00'],
  ['iso8601', 'Africa/Monrovia', first, '1969-12-31T23:15:30.000-00:44:30'],
  ['iso8601', 'Asia/Tokyo', last, '+010000-01-01T08:59:59.999+09:00'],

  ['nist', 'UTC', november, '61364 26-11-20 07:13:05 00 0 3   0.0 UTC(HOST) *'],
  ['nist', 'America/New_York', november, '61364 26-11-20 07:13:05 00 0 3   0.0 UTC(HOST) *'],
  ['nist', 'America/New_York', july, '61226 26-07-05 03:04:05 50 0 3   0.0 UTC(HOST) *'],
  ['nist', 'UTC', first, '40587 70-01-01 00:00:00 00 0 3   0.0 UTC(HOST) *'],
  ['nist', 'UTC', last, '2973483 99-12-31 23:59:59 00 0 3   0.0 UTC(HOST) *'],

  ['go', 'UTC', november, '2026-11-20 07:13:05.123456789 +0000 UTC'],
  ['go', 'UTC', july, '2026-07-05 03:04:05.5 +0000 UTC'],
  ['go', 'UTC', first, '1970-01-01 00:00:00 +0000 UTC'],
  ['go', 'Europe/Berlin', july, '2026-07-05 05:04:05.5 +0200 CEST'],
  ['go', 'Asia/Kathmandu', july, '2026-07-05 08:49:05.5 +0545 +0545'],
  ['go', 'America/Sao_Paulo', july, '2026-07-05 00:04:05.5 -0300 -03'],
  ['go', 'Africa/Monrovia', first, '1969-12-31 23:15:30 -0044 -004430'],
];

describe('formatDaytime', () => {
  it.each(examples)('should write %s in %s at %s as %s', (format, zone, iso, line) => {
    expect(formatDaytime(nanoseconds(iso), format, zoneNamed(zone))).toBe(`${line}\r\n`);
  });

  it('should write one short line of printable ASCII for any instant in any zone', () => {
    fc.assert(
      fc.property(anyMoment, fc.constantFrom(...formats), ({ zone, instant }, format) => {
        expect(formatDaytime(instant, format, zone)).toMatch(/^[\x20-\x7e]{1,64}\r\n$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('should refuse instants before 1970 and after 9999', () => {
    const utc = zoneNamed('UTC');
    for (const format of formats) {
      for (const instant of [-1n, nanoseconds(last) + 1n]) {
        expect(() => formatDaytime(instant, format, utc)).toThrow(
          new RangeError(`cannot format ${instant} ns since 1970: allowed are the years 1970 to 9999 UTC`),
        );
      }
    }
  });
});
