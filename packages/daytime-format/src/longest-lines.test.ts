import { describe, expect, it } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, NS_PER_MS } from './calendar.ts';
import { formatDaytime } from './format.ts';
import { type FormatName, formats } from './formats.ts';
import { openZone, type Zone } from './zone.ts';

/** Headers of IPv4 and UDP in front of every payload. Bytes. */
const HEADER_BYTES = 28;
/** What one byte of a request may bring down on somebody whose address it forged, on the wire. */
const MOST_ON_WIRE = 3;
/** The MIN_REQUEST_BYTES for an open network. */
const STRICT_BYTES = 64;

/** 2028: a leap year, with every weekday in every month. */
const YEAR = Date.UTC(2028, 0, 1);
const DAYS = 366;
/** Often enough to see each zone in winter and in summer. */
const DAYS_BETWEEN_LOOKS = 15;
/** Formats that drop zeros from the end of a fraction show all of this one. */
const FRACTION_NS = 123_456_789n;

function instantOf(day: number): bigint {
  return BigInt(YEAR + day * MS_PER_DAY + 12 * MS_PER_HOUR) * NS_PER_MS + FRACTION_NS;
}

function lengthsOf(zone: Zone, day: number): number[] {
  return formats.map((format) => formatDaytime(instantOf(day), format, zone).length);
}

/** One of the zones that are alike: what they write on the days looked at is of the same length in every format. */
function unlikeZones(): Zone[] {
  const byLengths = new Map<string, Zone>();
  for (const name of ['UTC', ...Intl.supportedValuesOf('timeZone')]) {
    const zone = openZone(name);
    const looks: number[][] = [];
    for (let day = 0; day < DAYS; day += DAYS_BETWEEN_LOOKS) looks.push(lengthsOf(zone, day));
    const lengths = JSON.stringify(looks);
    if (!byLengths.has(lengths)) byLengths.set(lengths, zone);
  }
  return [...byLengths.values()];
}

/** The longest line of each format over a year, with its line end. Bytes. */
function longestLines(zones: readonly Zone[]): Readonly<Record<FormatName, number>> {
  const longest = formats.map(() => 0);
  for (const zone of zones) {
    for (let day = 0; day < DAYS; day += 1) {
      for (const [index, length] of lengthsOf(zone, day).entries()) {
        longest[index] = Math.max(longest[index]!, length);
      }
    }
  }
  return Object.fromEntries(formats.map((format, index) => [format, longest[index]])) as Record<
    FormatName,
    number
  >;
}

/** Bytes on the wire of an answer for each of its request. */
function wireRatio(answerBytes: number, requestBytes: number): number {
  return (answerBytes + HEADER_BYTES) / (requestBytes + HEADER_BYTES);
}

describe('the longest line over a year', () => {
  const zones = unlikeZones();
  const longest = longestLines(zones);

  it('should be that of what all zones write', () => {
    // UTC alone, or a few days of it, would be no year of all zones.
    expect(zones.length).toBeGreaterThan(10);
    expect(longest).toEqual({
      timestamp: 12,
      'timestamp-ms': 15,
      'timestamp-ns': 21,
      rfc867: 46,
      smtp: 28,
      ctime: 26,
      iso8601: 31,
      nist: 50,
      go: 43,
    });
  });

  it('should be two bytes shorter in UTC, for its letters are fewer', () => {
    expect(longestLines([openZone('UTC')])).toMatchObject({ rfc867: 44, nist: 50, go: 41 });
  });

  it.each(formats)('should bring at most three bytes for one on the wire: %s', (format) => {
    // An empty datagram gets the default format, and a name the one that it names.
    expect(wireRatio(longest[format], 0)).toBeLessThanOrEqual(MOST_ON_WIRE);
    expect(wireRatio(longest[format], format.length)).toBeLessThanOrEqual(MOST_ON_WIRE);
  });

  it('should bring 2.8 bytes for one in the worst of all formats, and 2.6 by default', () => {
    expect(wireRatio(Math.max(...Object.values(longest)), 0).toFixed(1)).toBe('2.8');
    expect(wireRatio(longest.rfc867, 0).toFixed(1)).toBe('2.6');
  });

  it.each(formats)('should be no longer than a request of 64 bytes: %s', (format) => {
    expect(longest[format]).toBeLessThanOrEqual(STRICT_BYTES);
    expect(wireRatio(longest[format], STRICT_BYTES)).toBeLessThanOrEqual(1);
  });
});
