/** Figures as people read them. */

const MS_PER_SECOND = 1_000;

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
