import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyMoment, zoneNamed } from '../test/arbitraries.ts';
import { formatDaytime } from './format.ts';
import { formats } from './formats.ts';
import { parseDaytime } from './parse.ts';

const textFormats = formats.filter((name) => !name.startsWith('timestamp'));

describe('format and parse', () => {
  it.each(formats.filter((name) => name !== 'ctime'))(
    'should give back any instant from %s in any zone, to its resolution',
    (format) => {
      fc.assert(
        fc.property(anyMoment, ({ zone, instant }) => {
          const parsed = parseDaytime(formatDaytime(instant, format, zone), { format, zone });
          expect(parsed.instant).toBe(instant - (instant % parsed.resolution));
          expect(parsed.format).toBe(format);
        }),
        { numRuns: 500 },
      );
    },
  );

  it('should give back the earliest instant with the same local time from ctime', () => {
    fc.assert(
      fc.property(anyMoment, ({ zone, instant }) => {
        const there = Temporal.Instant.fromEpochMilliseconds(Number(instant / 1_000_000_000n) * 1000)
          .toZonedDateTimeISO(zone.name)
          .toPlainDateTime();
        const earlier = there.toZonedDateTime(zone.name, { disambiguation: 'earlier' });
        const line = formatDaytime(instant, 'ctime', zone);
        expect(parseDaytime(line, { format: 'ctime', zone }).instant).toBe(earlier.epochNanoseconds);
      }),
      { numRuns: 500 },
    );
  });

  it('should report the resolution of each format', () => {
    const resolutions = formats.map((format) => {
      const line = formatDaytime(1_795_158_785_123_456_789n, format, zoneNamed('UTC'));
      return [format, parseDaytime(line).resolution];
    });
    expect(Object.fromEntries(resolutions)).toEqual({
      timestamp: 1_000_000_000n,
      'timestamp-ms': 1_000_000n,
      'timestamp-ns': 1n,
      rfc867: 1_000_000_000n,
      smtp: 1_000_000_000n,
      ctime: 1_000_000_000n,
      iso8601: 1_000_000n,
      nist: 1_000_000_000n,
      go: 1n,
    });
  });

  it('should detect the format of every text line it writes', () => {
    fc.assert(
      fc.property(anyMoment, fc.constantFrom(...textFormats), ({ zone, instant }, format) => {
        expect(parseDaytime(formatDaytime(instant, format, zone), { zone }).format).toBe(format);
      }),
      { numRuns: 1000 },
    );
  });
});
