import { LAST_SECOND, NS_PER_MS, NS_PER_SECOND } from './calendar.ts';
import { DaytimeParseError } from './daytime-parse-error.ts';
import { type FormatName, formats } from './formats.ts';
import {
  type Fields,
  type ForeignFormat,
  type Layout,
  layouts,
  type TextFormat,
  type TimestampFormat,
} from './layouts.ts';
import { readDateAndTime } from './read-date-and-time.ts';
import { readInstant } from './read-instant.ts';
import type { Zone } from './zone.ts';

export interface ParseOptions {
  /** Accept this format only. Without it the format is detected. */
  readonly format?: FormatName;
  /**
   * The zone of the server's clock, UTC if not given. It decides for lines that name no zone, for
   * its own abbreviations, and for unknown abbreviations.
   */
  readonly zone?: Zone;
}

export interface ParsedDaytime {
  /** `windows` is only read. */
  readonly format: FormatName | ForeignFormat;
  /** Nanoseconds since the Unix epoch. */
  readonly instant: bigint;
  /** Nanoseconds that one step of the line's last digit stands for. */
  readonly resolution: bigint;
}

/** Far above any daytime line. It bounds the work that a hostile line can cause. */
const MAX_CHARACTERS = 256;

const nanosecondsPer: Readonly<Record<TimestampFormat, bigint>> = {
  timestamp: NS_PER_SECOND,
  'timestamp-ms': NS_PER_MS,
  'timestamp-ns': 1n,
};

/**
 * Reads a daytime line of any server. The ending CRLF may be a bare LF or missing, and an empty line
 * may come first, as NIST servers send it. Solaris ends with LF CR, and Windows NT appends a NUL.
 *
 * Detection takes 1 to 11 digits for seconds, 12 to 14 for milliseconds and 18 to 21 for
 * nanoseconds, which is right from 1973 to 5138; for other times give the format.
 *
 * A date such as 02/03/2026 has the month first where the hour has AM or PM, else the day; a weekday that fits only one
 * of the two decides.
 *
 * A local time that occurs twice, because clocks were set back, is taken for the earlier instant
 * unless the line has an offset or an abbreviation that distinguishes them. A ctime line never
 * has one.
 *
 * @throws DaytimeParseError for anything that is not a daytime line
 */
export function parseDaytime(line: string, options: ParseOptions = {}): ParsedDaytime {
  if (line.length > MAX_CHARACTERS) {
    const code = options.format === undefined ? 'unrecognized' : 'layout';
    throw new DaytimeParseError(code, `a line of at most ${MAX_CHARACTERS} characters`, line);
  }
  const text = line.replace(/^\r?\n/, '').replace(/(?:\r?\n|\n\r)?\0?$/, '');
  const format = options.format ?? detect(text);
  return isTimestampFormat(format) ? parseTimestamp(text, format) : parseText(text, format, options.zone);
}

function detect(text: string): FormatName | ForeignFormat {
  const isNumber = /^\d+$/.test(text);
  const format = isNumber
    ? timestampFormatOf(text.length)
    : textFormats.find((name) => fieldsOf(layouts[name], text) !== undefined);
  if (format === undefined) {
    const expected = isNumber
      ? 'a timestamp of 1 to 14 or 18 to 21 digits'
      : `one of the formats ${formats.join(', ')}`;
    throw new DaytimeParseError('unrecognized', expected, text);
  }
  return format;
}

function timestampFormatOf(digits: number): TimestampFormat | undefined {
  if (digits <= 11) return 'timestamp';
  if (digits <= 14) return 'timestamp-ms';
  if (digits >= 18 && digits <= 21) return 'timestamp-ns';
  return undefined;
}

function isTimestampFormat(format: FormatName | ForeignFormat): format is TimestampFormat {
  return format in nanosecondsPer;
}

const textFormats = Object.keys(layouts) as TextFormat[];

function fieldsOf({ patterns }: Layout, text: string): Fields | undefined {
  for (const pattern of patterns) {
    const fields = pattern.exec(text)?.groups;
    if (fields) return fields as unknown as Fields;
  }
  return undefined;
}

function parseTimestamp(text: string, format: TimestampFormat): ParsedDaytime {
  if (!/^\d{1,21}$/.test(text)) {
    throw new DaytimeParseError('layout', `a ${format} of 1 to 21 digits`, text);
  }
  const resolution = nanosecondsPer[format];
  const instant = BigInt(text) * resolution;
  if (instant / NS_PER_SECOND > LAST_SECOND) {
    throw new DaytimeParseError('value', `a ${format} before the year 10000`, text);
  }
  return { format, instant, resolution };
}

function parseText(text: string, format: TextFormat, zone: Zone | undefined): ParsedDaytime {
  const { example, resolution } = layouts[format];
  const fields = fieldsOf(layouts[format], text);
  if (fields === undefined) {
    throw new DaytimeParseError('layout', `${format} such as ${JSON.stringify(example)}`, text);
  }
  const localMs = readDateAndTime(fields, text);
  const epochMs = readInstant(localMs, fields, zone, text);
  const fraction = fields.fraction ?? '';
  return {
    format,
    instant: BigInt(epochMs) * NS_PER_MS + BigInt(fraction.padEnd(9, '0')),
    resolution: resolution === 1n ? 1n : resolution / 10n ** BigInt(fraction.length),
  };
}
