/** Figures as people read them. */

const MS_PER_SECOND = 1_000;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;

/** Two decimals at most, and never a rounded 0% or 100% for what is not. */
export function percent(ratio: number): string {
  const shown = Number((ratio * 100).toFixed(2));
  if (ratio > 0 && shown === 0) return '<0.01%';
  if (ratio < 1 && shown === 100) return '>99.99%';
  return `${shown}%`;
}

/** About three digits. */
export function ms(milliseconds: number): string {
  const decimals = milliseconds < 1 ? 3 : milliseconds < 10 ? 2 : milliseconds < 1_000 ? 1 : 0;
  return `${milliseconds.toFixed(decimals)} ms`;
}

/** `2.5 s` */
export function seconds(milliseconds: number): string {
  return `${(milliseconds / MS_PER_SECOND).toFixed(1)} s`;
}

/** How long something has lasted: `85.2 ms`, `4.6 s` */
export function age(milliseconds: number): string {
  return milliseconds < MS_PER_SECOND ? ms(milliseconds) : seconds(milliseconds);
}

/** `1,234,567`; a decimal where that says more. */
export function count(value: number): string {
  const decimals = value < 100 && !Number.isInteger(value) ? 1 : 0;
  return value.toLocaleString('en', { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

/** `1 answer`, `2 answers` */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/**
 * Reads a percentage such as `0.5%`.
 *
 * The ratio is the number nearest to what was typed, as k / n is the one nearest to a share of counts. So both are the
 * same where a share is exactly at its limit, and in order where it is not, as long as the count times the limit's
 * ratio in whole numbers (0.5% is 5 of 1,000) stays below 2^53. `Number('0.7') / 100` is rounded twice, and less than
 * 7 / 1000.
 *
 * @returns a ratio from 0 to 1; undefined when it is none
 */
export function ratioOf(text: string): number | undefined {
  const [, share] = /^(\d+(?:\.\d+)?)%$/.exec(text) ?? [];
  const ratio = Number(`${share}e-2`);
  return ratio >= 0 && ratio <= 1 ? ratio : undefined;
}

/** `250ms`, `1.25s`, `2m`, `1h 5m`: three significant digits, as people read durations. */
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
