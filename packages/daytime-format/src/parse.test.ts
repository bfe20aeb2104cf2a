import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCharacter } from '../../../tests/harness/hostile-text.ts';
import { anyMoment, zoneNamed } from '../test/arbitraries.ts';
import { DaytimeParseError } from './daytime-parse-error.ts';
import { formatDaytime } from './format.ts';
import { type FormatName, formats } from './formats.ts';
import { type ParseOptions, parseDaytime } from './parse.ts';

const SECOND = 1_000_000_000n;

function errorOf(line: string, options?: ParseOptions): DaytimeParseError {
  try {
    parseDaytime(line, options);
  } catch (error) {
    if (error instanceof DaytimeParseError) return error;
    throw error;
  }
  throw new Error(`parsed: ${JSON.stringify(line)}`);
}

const foreign: readonly [string, FormatName, string, bigint][] = [
  ['Fri Nov 20 07:13:05 2026\r\n', 'ctime', '2026-11-20T07:13:05Z', SECOND],
  ['Sun Jul  5 03:04:05 2026\n', 'ctime', '2026-07-05T03:04:05Z', SECOND],
  ['Sun Jul  5 03:04:05 CEST 2026\n', 'ctime', '2026-07-05T01:04:05Z', SECOND],
  ['Sun Jul  5 03:04:05 -03 2026\n', 'ctime', '2026-07-05T06:04:05Z', SECOND],
  ['Sun Jul  5 12:04:05 AM UTC 2026\n', 'ctime', '2026-07-05T00:04:05Z', SECOND],
  ['Sun  5 Jul 03:04:05 BST 2026', 'ctime', '2026-07-05T03:04:05Z', SECOND],
  ['Sun Jul  5 03:04:05 2026\n\r', 'ctime', '2026-07-05T03:04:05Z', SECOND],
  ['Sun, 05 Jul 2026 03:04:05 +0200\n', 'smtp', '2026-07-05T01:04:05Z', SECOND],
  ['Sun, 05 Jul 2026 03:04:05 GMT', 'smtp', '2026-07-05T03:04:05Z', SECOND],
  ['Sun 05 Jul 2026 12:04:05 PM UTC\n', 'smtp', '2026-07-05T12:04:05Z', SECOND],
  ['Sunday, July 5, 2026 3:04:05\n\0', 'rfc867', '2026-07-05T03:04:05Z', SECOND],
  ['Sunday, July 5, 2026 3:04:05 PM', 'rfc867', '2026-07-05T15:04:05Z', SECOND],
  ['02 FEB 1991 12:31:42 MST\r\n', 'smtp', '1991-02-02T19:31:42Z', SECOND],
  ['20 NOV 2026 04:13:05 -03', 'smtp', '2026-11-20T07:13:05Z', SECOND],
  ['02 FEB 82 07:59:01 PST', 'smtp', '1982-02-02T15:59:01Z', SECOND],
  ['02 FEB 26 07:59:01 GMT', 'smtp', '2026-02-02T07:59:01Z', SECOND],
  ['Tuesday, February 22, 1982 17:37:43-PST', 'rfc867', '1982-02-23T01:37:43Z', SECOND],
  ['Friday, November 20, 2026 07:13:05 CEST', 'rfc867', '2026-11-20T05:13:05Z', SECOND],
  ['Friday, November 20, 2026 04:13:05--03', 'rfc867', '2026-11-20T07:13:05Z', SECOND],
  ['\n61281 26-08-29 23:31:43 50 0 0 771.1 UTC(NIST) * \n', 'nist', '2026-08-29T23:31:43Z', SECOND],
  ['\r\n52384 02-04-20 13:55:29 50 0 0   9.2 UTC(USNO, alt) *\r\n', 'nist', '2002-04-20T13:55:29Z', SECOND],
  ['49010 93-01-23 22:01:22 00 0 0  50.0 UTC(NIST) *', 'nist', '1993-01-23T22:01:22Z', SECOND],
  ['57753 16-12-31 23:59:60 00 1 0  50.0 UTC(NIST) *', 'nist', '2017-01-01T00:00:00Z', SECOND],
  ['2026-11-20T07:13:05Z', 'iso8601', '2026-11-20T07:13:05Z', SECOND],
  ['2026-11-20 08:13:05,25+01', 'iso8601', '2026-11-20T07:13:05.25Z', 10_000_000n],
  ['2026-11-20T12:58:05.123456789+0545', 'iso8601', '2026-11-20T07:13:05.123456789Z', 1n],
  ['2026-11-20T07:13:05', 'iso8601', '2026-11-20T07:13:05Z', SECOND],
  ['2026-11-20 08:13:05.12 +0100 CET m=+0.000012345', 'go', '2026-11-20T07:13:05.12Z', 1n],
  ['2026-11-20 04:13:05 -0300 -03', 'go', '2026-11-20T07:13:05Z', 1n],
  ['1795158785', 'timestamp', '2026-11-20T07:13:05Z', SECOND],
  ['1795158785123\n', 'timestamp-ms', '2026-11-20T07:13:05.123Z', 1_000_000n],
  ['1795158785123456789\r\n', 'timestamp-ns', '2026-11-20T07:13:05.123456789Z', 1n],
];

describe('parseDaytime', () => {
  it.each(foreign)('should detect and read %j', (line, format, iso, resolution) => {
    const instant = Temporal.Instant.from(iso).epochNanoseconds;
    // BST is ambiguous, so no abbreviation table has it.
    const zone = zoneNamed('UTC');
    expect(parseDaytime(line, { zone })).toEqual({ format, instant, resolution });
    expect(parseDaytime(line, { zone, format })).toEqual({ format, instant, resolution });
  });

  it.each([
    ['3:04:05 PM 7/5/2026\n', '2026-07-05T15:04:05Z'],
    ['12:04:05 AM 7/5/2026\n', '2026-07-05T00:04:05Z'],
    ['03:04:05 05.07.2026\n', '2026-07-05T03:04:05Z'],
    ['03:04:05 5/7/2026\n', '2026-07-05T03:04:05Z'],
    ['3:04:05 7-31-2026\n', '2026-07-31T03:04:05Z'],
    ['3:04:05 a.m. 31/07/2026\n', '2026-07-31T03:04:05Z'],
    ['03:04:05 PM 05/07/26\n', '2026-05-07T15:04:05Z'],
    ['3:04:05 2026/7/5\n', '2026-07-05T03:04:05Z'],
    ['3.04.05 05/07/2026\n', '2026-07-05T03:04:05Z'],
    ['7/5/2026 3:04:05 PM\n', '2026-07-05T15:04:05Z'],
    ['2026-07-05 3:04:05\n', '2026-07-05T03:04:05Z'],
    // %DATE% %TIME%, as cmd.exe has them: a blank stands for the zero of the hour.
    ['Fri 07/31/2026  3:04:05\r\n', '2026-07-31T03:04:05Z'],
    ['07/31/2026  3:04:05', '2026-07-31T03:04:05Z'],
    // The weekday distinguishes month and day.
    ['Sun 07/05/2026 13:04:05', '2026-07-05T13:04:05Z'],
    ['Tue 07/04/2026 13:04:05', '2026-04-07T13:04:05Z'],
    ['Sun 2026-07-05  3:04:05', '2026-07-05T03:04:05Z'],
  ])('should read %j as Windows prints it', (line, iso) => {
    const instant = Temporal.Instant.from(iso).epochNanoseconds;
    expect(parseDaytime(line)).toEqual({ format: 'windows', instant, resolution: SECOND });
  });

  it.each(['Fri 07/31/2026  3:04:05.25', '07/31/2026  3:04:05.25', '31.07.2026  3:04:05,25'])(
    'should read the hundredths of %j',
    (line) => {
      const instant = Temporal.Instant.from('2026-07-31T03:04:05.25Z').epochNanoseconds;
      expect(parseDaytime(line)).toEqual({ format: 'windows', instant, resolution: SECOND / 100n });
    },
  );

  it('should read a local time in the zone given', () => {
    const expected = Temporal.Instant.from('2026-11-20T06:13:05Z').epochNanoseconds;
    const zone = zoneNamed('Europe/Berlin');
    expect(parseDaytime('Fri Nov 20 07:13:05 2026', { zone }).instant).toBe(expected);
    // An unknown abbreviation: the given zone decides.
    expect(parseDaytime('20 NOV 2026 07:13:05 MEZ', { zone }).instant).toBe(expected);
    // An abbreviation with a fixed meaning keeps it.
    expect(parseDaytime('20 NOV 2026 07:13:05 CET', {}).instant).toBe(expected);
  });

  it('should read an offset to the second', () => {
    const instant = Temporal.Instant.from('1971-05-06T07:08:09Z').epochNanoseconds;
    for (const format of ['rfc867', 'smtp', 'iso8601', 'go'] as const) {
      const line = formatDaytime(instant, format, zoneNamed('Africa/Monrovia'));
      expect(parseDaytime(line)).toMatchObject({ format, instant });
    }
  });

  it('should distinguish a repeated local time by its abbreviation, and take the earlier for ctime', () => {
    const zone = zoneNamed('America/New_York');
    const earlier = Temporal.Instant.from('2026-11-01T05:30:00Z').epochNanoseconds;
    const later = earlier + 3600n * SECOND;
    for (const format of ['rfc867', 'smtp', 'iso8601', 'go'] as const) {
      expect(parseDaytime(formatDaytime(earlier, format, zone), { zone }).instant).toBe(earlier);
      expect(parseDaytime(formatDaytime(later, format, zone), { zone }).instant).toBe(later);
    }
    expect(formatDaytime(later, 'ctime', zone)).toBe(formatDaytime(earlier, 'ctime', zone));
    expect(parseDaytime(formatDaytime(later, 'ctime', zone), { zone }).instant).toBe(earlier);
  });

  it.each([
    ['Fri Nov 20 25:13:05 2026', 'value', 'a date and a time of day that exist'],
    ['Sun Nov  0 07:13:05 2026', 'value', 'a date and a time of day that exist'],
    ['Fri Nov 31 07:13:05 2026', 'value', 'a date and a time of day that exist'],
    ['13:13:05 PM 7/5/2026', 'value', 'a date and a time of day that exist'],
    ['0:13:05 AM 7/5/2026', 'value', 'a date and a time of day that exist'],
    ['7:13:05 13/13/2026', 'value', 'a date and a time of day that exist'],
    ['Mon Jul  5 03:04:05 UTC 2026', 'value', 'the weekday of that date, Sunday'],
    ['Mon 07/31/2026  3:04:05.25', 'value', 'the weekday of that date, Friday'],
    ['Mon 07/05/2026  3:04:05', 'value', 'the weekday of that date, Thursday'],
    ['7:13:05 1/2.2026', 'unrecognized', 'one of the formats timestamp, timestamp-ms, '],
    ['2026-02-29T07:13:05Z', 'value', 'a date and a time of day that exist'],
    ['2026-13-01T07:13:05Z', 'value', 'a date and a time of day that exist'],
    ['Sat Nov 20 07:13:05 2026', 'value', 'the weekday of that date, Friday'],
    ['61365 26-11-20 07:13:05 00 0 0 50.0 UTC(NIST) *', 'value', 'a Modified Julian Date of the same day'],
    ['61364 25-11-20 07:13:05 00 0 0 50.0 UTC(NIST) *', 'value', 'a Modified Julian Date of the same day'],
    ['2026-11-20T07:13:05+24:00', 'value', 'an offset of less than a day'],
    ['253402300800000000000', 'value', 'a timestamp-ns before the year 10000'],
    ['20 NOV 2026 07:13:05 XYZ', 'zone', 'a numeric offset or one of Z, UT, UTC, GMT, EST'],
    ['1234567890123456', 'unrecognized', 'a timestamp of 1 to 14 or 18 to 21 digits'],
    ['', 'unrecognized', 'one of the formats timestamp, timestamp-ms, '],
    ['Fri Nov 20 07:13:05 2026\n\n', 'unrecognized', 'one of the formats timestamp, timestamp-ms, '],
    ['Fri Nov 20 07:13', 'unrecognized', 'one of the formats timestamp, timestamp-ms, '],
  ])('should say why %j is refused', (line, code, expected) => {
    const error = errorOf(line);
    expect(error).toMatchObject({ name: 'DaytimeParseError', code });
    expect(error.expected).toContain(expected);
    expect(error.message).toBe(`expected ${error.expected}, got ${error.seen}`);
  });

  it('should refuse a local time that the zone skipped', () => {
    const error = errorOf('Sun Mar 29 02:30:00 2026', { zone: zoneNamed('Europe/Berlin') });
    expect(error.code).toBe('zone');
    expect(error.message).toBe(
      'expected a local time that occurs in Europe/Berlin, got "Sun Mar 29 02:30:00 2026"',
    );
  });

  it('should refuse a line in another format than the one asked for', () => {
    for (const format of formats) {
      const other = format === 'ctime' ? 'go' : 'ctime';
      const line = formatDaytime(1_795_158_785n * SECOND, other, zoneNamed('UTC'));
      expect(errorOf(line, { format })).toMatchObject({
        code: 'layout',
        seen: JSON.stringify(line.trimEnd()),
      });
    }
  });

  it('should show hostile input shortened and escaped', () => {
    expect(errorOf('\u0000\u001b[31m"\u20ac\u007f\r\n').seen).toBe('"\\u0000\\u001b[31m\\"\\u20ac\\u007f"');
    expect(errorOf('x'.repeat(100_000)).seen).toBe(`"${'x'.repeat(80)}"... (100000 characters)`);
  });

  it('should throw nothing but DaytimeParseError whatever the line', () => {
    const mutated = fc
      .record({
        moment: anyMoment,
        format: fc.constantFrom(...formats),
        at: fc.nat(60),
        removed: fc.nat(3),
        added: fc.string({ unit: anyCharacter, maxLength: 3 }),
      })
      .map(({ moment, format, at, removed, added }) => {
        const line = formatDaytime(moment.instant, format, moment.zone);
        return line.slice(0, at) + added + line.slice(at + removed);
      });
    const lines = fc.oneof(
      mutated,
      fc.string({ unit: anyCharacter, maxLength: 300 }),
      fc.stringMatching(/^[0-9 :.+-]{0,256}$/),
    );
    const options = fc.constantFrom<ParseOptions>(
      {},
      { zone: zoneNamed('America/New_York') },
      ...formats.map((format) => ({ format })),
    );
    fc.assert(
      fc.property(lines, options, (line, option) => {
        try {
          expect([...formats, 'windows']).toContain(parseDaytime(line, option).format);
        } catch (error) {
          expect(error).toBeInstanceOf(DaytimeParseError);
          expect((error as DaytimeParseError).message).toMatch(/^[\x20-\x7e]{1,1000}$/);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('should refuse long runs of any one character at once', () => {
    for (const character of ['1', ' ', '-', ':', '\n', '\r', 'A', '.']) {
      for (const length of [256, 1_000_000]) {
        for (const format of [undefined, ...formats]) {
          const options = format === undefined ? {} : { format };
          expect(errorOf(character.repeat(length), options).code).toMatch(/^(unrecognized|layout)$/);
        }
      }
    }
  });
});
