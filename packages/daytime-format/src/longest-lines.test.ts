import { describe, expect, it } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, NS_PER_MS } from './calendar.ts';
import { formatDaytime } from './format.ts';
import { type FormatName, formats } from './formats.ts';
import { openZone, type Zone } from './zone.ts';

/** Headers of IPv4 and UDP in front of every payload. Bytes. */
const HEADER_BYTES = 28;
/** Largest allowed amplification: bytes of reply for each byte of request, with headers. */
const MAX_AMPLIFICATION = 3;
/** The MIN_REQUEST_BYTES for an open network. */
const STRICT_BYTES = 64;

/** 2028: a leap year, with every weekday in every month. */
const YEAR = Date.UTC(2028, 0, 1);
const DAYS = 366;
/** Samples each zone in winter and in summer. */
const DAYS_BETWEEN_SAMPLES = 15;
/** A fraction without trailing zeros, which some formats drop. */
const FRACTION_NS = 123_456_789n;

function instantOf(day: number): bigint {
  return BigInt(YEAR + day * MS_PER_DAY + 12 * MS_PER_HOUR) * NS_PER_MS + FRACTION_NS;
}

function lengthsOf(zone: Zone, day: number): number[] {
  return formats.map((format) => formatDaytime(instantOf(day), format, zone).length);
}

/** Zones with different lines: one zone for each set of zones whose sampled lines have equal lengths in every format. */
function distinctZones(): Zone[] {
  const byLengths = new Map<string, Zone>();
  for (const name of ['UTC', ...Intl.supportedValuesOf('timeZone')]) {
    const zone = openZone(name);
    const samples: number[][] = [];
    for (let day = 0; day < DAYS; day += DAYS_BETWEEN_SAMPLES) samples.push(lengthsOf(zone, day));
    const lengths = JSON.stringify(samples);
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

/** Bytes of a reply for each byte of its request, with headers. */
function amplification(replyBytes: number, requestBytes: number): number {
  return (replyBytes + HEADER_BYTES) / (requestBytes + HEADER_BYTES);
}

describe('the longest line over a year', () => {
  const zones = distinctZones();
  const longest = longestLines(zones);

  it('should be the longest line of any zone', () => {
    // More than UTC and a few days: a whole year of all zones.
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

  it('should be two bytes shorter in UTC, whose abbreviation is shorter', () => {
    expect(longestLines([openZone('UTC')])).toMatchObject({ rfc867: 44, nist: 50, go: 41 });
  });

  it.each(formats)('should amplify a request at most three times: %s', (format) => {
    // An empty datagram gets the default format, and a name gets the format that it names.
    expect(amplification(longest[format], 0)).toBeLessThanOrEqual(MAX_AMPLIFICATION);
    expect(amplification(longest[format], format.length)).toBeLessThanOrEqual(MAX_AMPLIFICATION);
  });

  it('should amplify a request 2.8 times in the worst format, and 2.6 times by default', () => {
    expect(amplification(Math.max(...Object.values(longest)), 0).toFixed(1)).toBe('2.8');
    expect(amplification(longest.rfc867, 0).toFixed(1)).toBe('2.6');
  });

  it.each(formats)('should be no longer than a request of 64 bytes: %s', (format) => {
    expect(longest[format]).toBeLessThanOrEqual(STRICT_BYTES);
    expect(amplification(longest[format], STRICT_BYTES)).toBeLessThanOrEqual(1);
  });
});
