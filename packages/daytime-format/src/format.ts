import {
  LAST_SECOND,
  MJD_OF_EPOCH,
  MS_PER_DAY,
  MS_PER_SECOND,
  monthNames,
  NS_PER_MS,
  NS_PER_SECOND,
  weekdayNames,
} from './calendar.ts';
import type { FormatName } from './formats.ts';
import type { Zone } from './zone.ts';

/**
 * One daytime line: printable ASCII and the ending CRLF.
 *
 * @param instant nanoseconds since the Unix epoch; what a format cannot show is cut off
 * @param zone the zone of the local time shown; nist always shows UTC
 * @throws RangeError if the instant is not within 1970 to 9999 UTC
 */
export function formatDaytime(instant: bigint, format: FormatName, zone: Zone): string {
  if (instant < 0n || instant / NS_PER_SECOND > LAST_SECOND) {
    throw new RangeError(`cannot format ${instant} ns since 1970: allowed are the years 1970 to 9999 UTC`);
  }
  return `${lines[format](instant, zone)}\r\n`;
}

const lines: Readonly<Record<FormatName, (instant: bigint, zone: Zone) => string>> = {
  timestamp: (instant) => String(instant / NS_PER_SECOND),
  'timestamp-ms': (instant) => String(instant / NS_PER_MS),
  'timestamp-ns': (instant) => String(instant),
  rfc867,
  smtp,
  ctime,
  iso8601,
  nist,
  go,
};

/** An instant as clocks in a zone show it. The UTC fields of `date` hold the local time. */
interface LocalTime {
  readonly epochMs: number;
  readonly offsetMs: number;
  readonly date: Date;
}

function localTime(instant: bigint, zone: Zone): LocalTime {
  const epochMs = Number(instant / NS_PER_MS);
  const offsetMs = zone.offsetAt(epochMs);
  return { epochMs, offsetMs, date: new Date(epochMs + offsetMs) };
}

function rfc867(instant: bigint, zone: Zone): string {
  const { epochMs, offsetMs, date } = localTime(instant, zone);
  const letters = zone.abbreviationAt(epochMs);
  // RFC 867 puts a hyphen before the zone; before a number it would read as a minus.
  const suffix = letters === undefined ? offset(offsetMs, '') : `-${letters}`;
  return `${weekday(date)}, ${month(date)} ${date.getUTCDate()}, ${date.getUTCFullYear()} ${clock(date)}${suffix}`;
}

function smtp(instant: bigint, zone: Zone): string {
  const { epochMs, offsetMs, date } = localTime(instant, zone);
  const suffix = zone.abbreviationAt(epochMs) ?? offset(offsetMs, '');
  const shortMonth = month(date).slice(0, 3).toUpperCase();
  return `${twoDigits(date.getUTCDate())} ${shortMonth} ${date.getUTCFullYear()} ${clock(date)} ${suffix}`;
}

function ctime(instant: bigint, zone: Zone): string {
  const { date } = localTime(instant, zone);
  const day = String(date.getUTCDate()).padStart(2);
  return `${weekday(date).slice(0, 3)} ${month(date).slice(0, 3)} ${day} ${clock(date)} ${date.getUTCFullYear()}`;
}

function iso8601(instant: bigint, zone: Zone): string {
  const { offsetMs, date } = localTime(instant, zone);
  // toISOString writes local years past 9999 in ISO 8601's expanded form, +010000.
  return date.toISOString().replace('Z', offset(offsetMs, ':'));
}

function nist(instant: bigint, zone: Zone): string {
  const epochMs = Number(instant / NS_PER_MS);
  const date = new Date(epochMs);
  const mjd = Math.floor(epochMs / MS_PER_DAY) + MJD_OF_EPOCH;
  const day = [date.getUTCFullYear() % 100, date.getUTCMonth() + 1, date.getUTCDate()];
  const summer = zone.isSummerTimeAt(epochMs) ? '50' : '00';
  // Leap digit 0: a host clock knows of no announced leap second. Health digit 3: the error of the
  // clock is unknown. Advance 0.0 ms: no correction for the network delay. The label says that the
  // time comes from the host, not from NIST.
  return `${mjd} ${day.map(twoDigits).join('-')} ${clock(date)} ${summer} 0 3   0.0 UTC(HOST) *`;
}

function go(instant: bigint, zone: Zone): string {
  const { epochMs, offsetMs, date } = localTime(instant, zone);
  const nanosecond = String(instant % NS_PER_SECOND).padStart(9, '0');
  const fraction = `.${nanosecond}`.replace(/\.?0+$/, '');
  const day = [date.getUTCMonth() + 1, date.getUTCDate()].map(twoDigits).join('-');
  // Go cuts seconds off its numeric offset, and prints what the zone database has for an
  // abbreviation: where there are no letters, the shortest number that loses nothing.
  const full = offset(offsetMs, '');
  const letters = zone.abbreviationAt(epochMs) ?? full.replace(/00$/, '');
  return `${date.getUTCFullYear()}-${day} ${clock(date)}${fraction} ${full.slice(0, 5)} ${letters}`;
}

/** +hhmm, or +hhmmss for the few offsets that have seconds, with a separator between the parts. */
function offset(offsetMs: number, separator: string): string {
  const seconds = Math.abs(offsetMs) / MS_PER_SECOND;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (seconds % 60 !== 0) parts.push(seconds % 60);
  return `${offsetMs < 0 ? '-' : '+'}${parts.map(twoDigits).join(separator)}`;
}

function clock(date: Date): string {
  return [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(twoDigits).join(':');
}

function weekday(date: Date): string {
  return weekdayNames[date.getUTCDay()] as string;
}

function month(date: Date): string {
  return monthNames[date.getUTCMonth()] as string;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
