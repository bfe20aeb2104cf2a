/** Writes figures, for the commands and the status page. */

/** Stands where there is no figure. */
export const NOTHING = '–';

const MS_PER_SECOND = 1_000;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const withDecimal = new Intl.NumberFormat('en', { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** At most two decimals. Only an exact 0 or 1 is written as 0% or 100%. */
export function percent(ratio: number): string {
  const shown = Number((ratio * 100).toFixed(2));
  if (ratio > 0 && shown === 0) return '<0.01%';
  if (ratio < 1 && shown === 100) return '>99.99%';
  return `${shown}%`;
}

/** Three significant digits, and at most whole microseconds: `0.087 ms`, `42.0 ms`, `1.24 s`. */
export function ms(milliseconds: number | null): string {
  if (milliseconds === null) return NOTHING;
  if (milliseconds < 0.9995) return `${milliseconds.toFixed(3)} ms`;
  // From here on three digits would round up to 1.00e+3.
  if (milliseconds < 999.5) return `${milliseconds.toPrecision(3)} ms`;
  const inSeconds = milliseconds / MS_PER_SECOND;
  return `${inSeconds < 999.5 ? inSeconds.toPrecision(3) : Math.round(inSeconds)} s`;
}

/** `1,234,567`; with a decimal below 100. */
export function count(value: number): string {
  return (value < 100 && !Number.isInteger(value) ? withDecimal : whole).format(value);
}

/** `1 answer`, `2 answers` */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/**
 * Reads a percentage such as `0.5%`.
 *
 * The ratio is rounded once, as k / n is, so a measured share that is exactly at its limit compares as equal.
 * `Number('0.7') / 100` would be rounded twice, and be less than 7 / 1000.
 *
 * @returns a ratio from 0 to 1; undefined when the text is no percentage
 */
export function ratioOf(text: string): number | undefined {
  const [, share] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  const ratio = Number(`${share}e-2`);
  return ratio >= 0 && ratio <= 1 ? ratio : undefined;
}

/** `250ms`, `1.25s`, `2m`, `1h 5m`: a duration with about three significant digits. */
export function durationWords(milliseconds: number): string {
  if (milliseconds < MS_PER_SECOND) return `${Math.round(milliseconds)}ms`;
  if (milliseconds < MS_PER_MINUTE) return `${Number((milliseconds / MS_PER_SECOND).toPrecision(3))}s`;
  const [unit, next] =
    milliseconds < MS_PER_HOUR
      ? ([MS_PER_MINUTE, MS_PER_SECOND] as const)
      : ([MS_PER_HOUR, MS_PER_MINUTE] as const);
  const [large, small] = milliseconds < MS_PER_HOUR ? ['m', 's'] : ['h', 'm'];
  const total = Math.round(milliseconds / next);
  const perUnit = unit / next;
  const rest = total % perUnit;
  return rest === 0 ? `${total / perUnit}${large}` : `${Math.floor(total / perUnit)}${large} ${rest}${small}`;
}
