import { lnGamma } from './binomial.ts';

const EPSILON = 1e-17;

/** The logarithm of the number of ways to choose `count` of `total`. */
export function lnChoose(total: number, count: number): number {
  return lnGamma(total + 1) - lnGamma(count + 1) - lnGamma(total - count + 1);
}

/**
 * The logarithm of the chance that at least `hits` of `drawn` are among `marked` of `total`, drawn without putting back.
 * From the mean on; below it, which is no tail, it is 0.
 */
export function lnChanceOfAtLeast(hits: number, drawn: number, marked: number, total: number): number {
  if (hits <= (drawn * marked) / total) return 0;
  let term = 1;
  let sum = 1;
  for (let count = hits; count < Math.min(drawn, marked) && term > sum * EPSILON; count += 1) {
    term *= (marked - count) * (drawn - count);
    term /= (count + 1) * (total - marked - drawn + count + 1);
    sum += term;
  }
  const first = lnChoose(marked, hits) + lnChoose(total - marked, drawn - hits) - lnChoose(total, drawn);
  return Math.min(0, first + Math.log(sum));
}
