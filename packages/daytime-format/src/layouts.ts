import { monthNames, weekdayNames } from './calendar.ts';
import type { FormatName } from './formats.ts';

export type TimestampFormat = Extract<FormatName, `timestamp${string}`>;
/** Formats that are read and never written. */
export type ForeignFormat = 'windows';
export type TextFormat = Exclude<FormatName, TimestampFormat> | ForeignFormat;

/** The parts of a line, as text. */
export interface Fields {
  /** Four digits or more, or the last two. */
  readonly year: string;
  /** Two digits or an English name. */
  readonly month?: string;
  readonly day?: string;
  /** The month and the day in unknown order. */
  readonly one?: string;
  readonly other?: string;
  /** Of 24 hours, or of 12 hours with `half`. */
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
  /** AM or PM, in any spelling. */
  readonly half?: string;
  readonly fraction?: string;
  readonly weekday?: string;
  /** Modified Julian Date. */
  readonly mjd?: string;
  /** Such as +01, +0100 or +01:00, and with seconds. */
  readonly offset?: string;
  /** Letters; in Go's format it may be a number like an offset. */
  readonly zone?: string;
}

export interface Layout {
  /** The first matching pattern counts; its named groups are the Fields. */
  readonly patterns: readonly RegExp[];
  /** Nanoseconds, for a line without a fraction. */
  readonly resolution: bigint;
  readonly example: string;
}

const longMonth = `(?<month>${monthNames.join('|')})`;
const shortMonth = `(?<month>${monthNames.map((name) => name.slice(0, 3)).join('|')})`;
const longWeekday = `(?:${weekdayNames.join('|')})`;
const shortWeekday = `(?<weekday>${weekdayNames.map((name) => name.slice(0, 3)).join('|')})`;
const clock = '(?<hour>\\d\\d):(?<minute>\\d\\d):(?<second>\\d\\d)';
/** Windows omits a leading zero, and writes dots in some countries. */
const shortClock = '(?<hour>\\d{1,2})[:.](?<minute>\\d\\d)[:.](?<second>\\d\\d)';
/** cmd.exe writes a blank for a leading zero, and hundredths, in some countries after a comma. */
const paddedClock = ` ?${shortClock}(?:[.,](?<fraction>\\d\\d))?`;
const half = '(?: (?<half>[AP]\\.?M\\.?))?';
const dashedDate = '(?<month>\\d\\d)-(?<day>\\d\\d)';
const letters = '[A-Za-z]{1,6}';
const number = '[+-]\\d\\d(?::?\\d\\d(?::?\\d\\d)?)?';

const zone = `(?:(?<zone>${letters})|(?<offset>${number}))`;
const year = '(?<year>\\d{4,5})';
const padded = '(?<day>[ \\d]?\\d)';

const numericDate =
  '(?<one>\\d{1,2})(?<separator>[/.-])(?<other>\\d{1,2})\\k<separator>(?<year>\\d{4}|\\d\\d)';
const yearFirst = '(?<year>\\d{4})(?<separator>[/.-])(?<month>\\d{1,2})\\k<separator>(?<day>\\d{1,2})';

const SECOND_NS = 1_000_000_000n;

/**
 * The layout of each format. It accepts more than formatDaytime writes, so that lines of other
 * servers are read too.
 */
export const layouts: Readonly<Record<TextFormat, Layout>> = {
  rfc867: {
    // The weekday must be valid but need not match the date: RFC 867's own example,
    // "Tuesday, February 22, 1982 17:37:43-PST", was a Monday.
    patterns: [
      line(
        `${longWeekday}, ${longMonth} (?<day>\\d{1,2}), ${year} ${clock}(?:[- ](?<zone>${letters})|-?(?<offset>${number}))`,
      ),
      // Windows NT, and the long form of later ones.
      line(`${longWeekday}, ${longMonth} (?<day>\\d{1,2}), ${year} ${shortClock}${half}`),
    ],
    resolution: SECOND_NS,
    example: 'Friday, November 20, 2026 07:13:05-UTC',
  },
  smtp: {
    // RFC 867's own example has a year of two digits: "02 FEB 82 07:59:01 PST".
    // With a weekday in front it is what date -R prints, and date in some locales.
    patterns: [
      line(
        `(?:${shortWeekday},? )?(?<day>\\d{1,2}) ${shortMonth} (?<year>\\d{4,5}|\\d\\d) ${clock}${half} ${zone}`,
      ),
    ],
    resolution: SECOND_NS,
    example: '20 NOV 2026 07:13:05 UTC',
  },
  ctime: {
    // With a zone it is what date prints, in the second order in some locales.
    patterns: [
      line(`${shortWeekday} ${shortMonth} ${padded} ${clock}${half}(?: ${zone})? ${year}`),
      line(`${shortWeekday} ${padded} ${shortMonth} ${clock}${half}(?: ${zone})? ${year}`),
    ],
    resolution: SECOND_NS,
    example: 'Fri Nov 20 07:13:05 2026',
  },
  iso8601: {
    patterns: [
      line(
        `(?<year>\\d{4}|\\+\\d{6})-${dashedDate}[T ]${clock}(?:[.,](?<fraction>\\d{1,9}))?(?:(?<zone>Z)|(?<offset>${number}))?`,
      ),
    ],
    resolution: SECOND_NS,
    example: '2026-11-20T07:13:05.123+00:00',
  },
  nist: {
    // The NIST servers end the line in a space.
    patterns: [
      line(
        `(?<mjd>\\d{5,7}) (?<year>\\d\\d)-${dashedDate} ${clock} \\d\\d \\d \\d +\\d{1,4}\\.\\d (?<zone>UTC)\\([\\x20-\\x7e]{1,32}\\) \\* ?`,
      ),
    ],
    resolution: SECOND_NS,
    example: '61364 26-11-20 07:13:05 00 0 0  50.0 UTC(NIST) *',
  },
  go: {
    // Go ends the text of a time that it has just read from the clock in " m=+" and seconds.
    patterns: [
      line(
        `${year}-${dashedDate} ${clock}(?:\\.(?<fraction>\\d{1,9}))? (?<offset>[+-]\\d{4}) (?<zone>${letters}|${number})(?: m=[+-]\\d+\\.\\d+)?`,
      ),
    ],
    // Go drops trailing zeros: a line without a fraction is as exact as one with nine digits.
    resolution: 1n,
    example: '2026-11-20 07:13:05.123456789 +0000 UTC',
  },
  windows: {
    // Its daytime service writes the time first, its programs the date first, both in the format of the machine's country.
    patterns: [
      line(`${shortClock}${half} ${numericDate}`),
      line(`(?:${shortWeekday} )?${numericDate} ${paddedClock}${half}`),
      line(`${shortClock}${half} ${yearFirst}`),
      line(`(?:${shortWeekday} )?${yearFirst} ${paddedClock}${half}`),
    ],
    resolution: SECOND_NS,
    example: '7:13:05 AM 11/20/2026',
  },
};

function line(pattern: string): RegExp {
  return new RegExp(`^${pattern}$`, 'i');
}
