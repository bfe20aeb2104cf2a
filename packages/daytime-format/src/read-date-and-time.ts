import { localMsOf, MJD_OF_EPOCH, MS_PER_DAY, MS_PER_SECOND, monthNames, weekdayNames } from './calendar.ts';
import { DaytimeParseError } from './daytime-parse-error.ts';
import type { Fields } from './layouts.ts';

const MONTHS = 12;
const HALF_DAY_HOURS = 12;

/**
 * The date and time in the fields of a line, as milliseconds since 1970-01-01 00:00:00 on the
 * clock that the line shows.
 *
 * @throws DaytimeParseError with code `value` if they do not exist or contradict each other
 */
export function readDateAndTime(fields: Fields, text: string): number {
  const date = { year: readYear(fields), ...readMonthAndDay(fields) };
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
  // Without the seconds, or a leap second would already be the next day.
  const day = new Date(localMs - second * MS_PER_SECOND);
  if (fields.mjd !== undefined && Math.floor(day.getTime() / MS_PER_DAY) !== dayOfMjd(fields.mjd)) {
    throw new DaytimeParseError('value', 'a Modified Julian Date of the same day', text);
  }
  if (
    fields.weekday !== undefined &&
    !weekdayOf(day).toLowerCase().startsWith(fields.weekday.toLowerCase())
  ) {
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

/** Month first where the day has two halves and where it must be, else day first. */
function readMonthAndDay({ month, day, one, other, half }: Fields): { month: number; day: number } {
  if (month !== undefined) return { month: readMonth(month), day: Number(day) };
  const [first, second] = [Number(one), Number(other)];
  const isMonthFirst = second > MONTHS || (half !== undefined && first <= MONTHS);
  return isMonthFirst ? { month: first, day: second } : { month: second, day: first };
}

/** NaN where a half of the day has no such hour. */
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

function weekdayOf(date: Date): string {
  return weekdayNames[date.getUTCDay()] as string;
}
