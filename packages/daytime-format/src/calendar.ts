export const MS_PER_SECOND = 1_000;
export const MS_PER_HOUR = 3_600_000;
export const MS_PER_DAY = 86_400_000;
export const NS_PER_MS = 1_000_000n;
export const NS_PER_SECOND = 1_000_000_000n;

/** 9999-12-31T23:59:59Z, the last second a daytime line is made for. */
export const LAST_SECOND = 253_402_300_799n;

/** The Modified Julian Date of 1970-01-01. */
export const MJD_OF_EPOCH = 40_587;

export const weekdayNames = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export interface DateAndTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * Milliseconds from 1970-01-01 00:00:00 to the date and time, both on the same
 * clock, or undefined if the calendar has no such date or the day no such time.
 */
export function localMsOf(time: DateAndTime): number | undefined {
  // Second 60 is a leap second; like POSIX time, it counts as the one after it.
  if (!(time.hour <= 23) || time.minute > 59 || time.second > 60) return undefined;
  // Date.UTC would take the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(time.year, time.month - 1, time.day);
  // A day that the month does not have has become one of another month.
  if (date.getUTCMonth() !== time.month - 1) return undefined;
  return date.setUTCHours(time.hour, time.minute, time.second);
}
