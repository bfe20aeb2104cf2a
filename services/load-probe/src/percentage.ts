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
