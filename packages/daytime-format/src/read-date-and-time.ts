import {
  type DateAndTime,
  localMsOf,
  MJD_OF_EPOCH,
  MS_PER_DAY,
  MS_PER_SECOND,
  monthNames,
  weekdayNames,
} from './calendar.ts';
import { DaytimeParseError } from './daytime-parse-error.ts';
import type { Fields } from './layouts.ts';

const HALF_DAY_HOURS = 12;

type CalendarDate = Pick<DateAndTime, 'year' | 'month' | 'day'>;

/**
 * The date and time in the fields of a line, as milliseconds since 1970-01-01 00:00:00 on the
 * clock that the line shows.
 *
 * @throws DaytimeParseError with code `value` if they do not exist or contradict each other
 */
export function readDateAndTime(fields: Fields, text: string): number {
  const date = readDate(fields);
  const second = Number(fields.second);
  const localMs = localMsOf({
    ...date,
    hour: readHour(fields),
    minute: Number(fields.minute),
    second,
  });
  if (localMs === undefined) {
    throw new DaytimeParseError('value', 'a date and a time of day that exist', text);
  }
  // Without the seconds, because a leap second would already be the next day.
  const day = new Date(localMs - second * MS_PER_SECOND);
  if (fields.mjd !== undefined && Math.floor(day.getTime() / MS_PER_DAY) !== dayOfMjd(fields.mjd)) {
    throw new DaytimeParseError('value', 'a Modified Julian Date of the same day', text);
  }
  if (!isOn(day, fields.weekday)) {
    throw new DaytimeParseError('value', `the weekday of that date, ${weekdayOf(day)}`, text);
  }
  return localMs;
}

function readYear({ year, mjd }: Fields): number {
  if (year.length > 2) return Number(year);
  if (mjd !== undefined) {
    const yearOfMjd = new Date(dayOfMjd(mjd) * MS_PER_DAY).getUTCFullYear();
    return yearOfMjd - (yearOfMjd % 100) + Number(year);
  }
  // As in POSIX strptime, %y: 69 to 99 are 1969 to 1999.
  return Number(year) + (Number(year) < 69 ? 2000 : 1900);
}

/**
 * When the line does not show the order: month first if it has AM or PM, else day first; the other order if only that
 * is a valid date.
 */
function readDate(fields: Fields): CalendarDate {
  const { month, day, one, other, half, weekday } = fields;
  const year = readYear(fields);
  if (month !== undefined) return { year, month: readMonth(month), day: Number(day) };
  const dayFirst = { year, month: Number(other), day: Number(one) };
  const monthFirst = { year, month: Number(one), day: Number(other) };
  const likely = half === undefined ? dayFirst : monthFirst;
  const possible = [likely, dayFirst, monthFirst].filter((date) => midnightOf(date) !== undefined);
  return possible.find((date) => isOn(new Date(midnightOf(date)!), weekday)) ?? possible[0] ?? likely;
}

function midnightOf(date: CalendarDate): number | undefined {
  return localMsOf({ ...date, hour: 0, minute: 0, second: 0 });
}

/** NaN when AM or PM has no such hour. */
function readHour({ hour, half }: Fields): number {
  const number = Number(hour);
  if (half === undefined) return number;
  if (number < 1 || number > HALF_DAY_HOURS) return Number.NaN;
  return (number % HALF_DAY_HOURS) + (/^p/i.test(half) ? HALF_DAY_HOURS : 0);
}

function readMonth(text: string): number {
  if (/^\d/.test(text)) return Number(text);
  const start = text.toLowerCase();
  return monthNames.findIndex((name) => name.toLowerCase().startsWith(start)) + 1;
}

/** Days since 1970-01-01. */
function dayOfMjd(mjd: string): number {
  return Number(mjd) - MJD_OF_EPOCH;
}

function isOn(day: Date, weekday: string | undefined): boolean {
  return weekday === undefined || weekdayOf(day).toLowerCase().startsWith(weekday.toLowerCase());
}

function weekdayOf(date: Date): string {
  return weekdayNames[date.getUTCDay()] as string;
}
