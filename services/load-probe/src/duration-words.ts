const MS_PER_SECOND = 1_000;
const MS_PER_MINUTE = 60_000;
const MS_PER_HOUR = 3_600_000;

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
