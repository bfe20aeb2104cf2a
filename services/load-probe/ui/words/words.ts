/** Durations and times as the page says them, and sentences. Everything in milliseconds, times since the Unix epoch. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Younger than this is "just now": the page is redrawn only once a second. */
const JUST_NOW_MS = 2 * SECOND_MS;

const dayAndMonth = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });

/** A number of milliseconds as short as an axis needs it: `0`, `0.5 ms`, `20 ms`, `2 s`. */
export function axisLatency(ms: number): string {
  if (ms === 0) return '0';
  return ms >= SECOND_MS ? `${Number((ms / SECOND_MS).toPrecision(3))} s` : `${Number(ms.toPrecision(3))} ms`;
}

/** How long something has lasted, in its one or two largest units: `12 s`, `3 min`, `2 h 5 min`, `4 d 1 h`. */
export function duration(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.max(0, Math.floor(ms / SECOND_MS))} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return twoUnits(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return twoUnits(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

/** A setting such as an interval or a timeout, exactly: `250 ms`, `2 s`, `1.5 s`, `2 min`, `6 h`. */
export function setting(ms: number): string {
  if (ms >= HOUR_MS && ms % HOUR_MS === 0) return `${ms / HOUR_MS} h`;
  if (ms >= MINUTE_MS && ms % MINUTE_MS === 0) return `${ms / MINUTE_MS} min`;
  return ms >= SECOND_MS ? `${ms / SECOND_MS} s` : `${ms} ms`;
}

export function ago(at: number, now: number): string {
  return now - at < JUST_NOW_MS ? 'just now' : `${duration(now - at)} ago`;
}

/** Local time of day, with the date when it is not today: `14:03:12`, `19 Nov 14:03:12`. */
export function clockTime(at: number, now: number): string {
  const then = new Date(at);
  const time = [then.getHours(), then.getMinutes(), then.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
  if (then.toDateString() === new Date(now).toDateString()) return time;
  const { day, month } = Object.fromEntries(dayAndMonth.formatToParts(then).map((p) => [p.type, p.value]));
  return `${day} ${month} ${time}`;
}

/** With a capital. */
export function sentenceCase(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
