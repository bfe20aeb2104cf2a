import { CONFIDENCE, type Share, shareOf } from './binomial.ts';

/** Lost samples whose direction is not known. */
export interface LostByDirection {
  readonly forward: number;
  readonly return: number;
  /** Lost in one of the directions, or not at all: a reply that came after the sample was given up. */
  readonly unknown: number;
}

export type Interval = Pick<Share, 'low' | 'high'>;

/**
 * The intervals that the losses of both ways are in, whatever the unknown ones are: `forward` of the requests, `return` of
 * the replies to those that arrived. Low is the end of Clopper and Pearson with none of the unknown, high that with all.
 *
 * @param requests that were answered or lost
 */
export function lossIntervals(
  { forward, return: back, unknown }: LostByDirection,
  requests: number,
): { readonly forward: Interval; readonly return: Interval } {
  const between = (least: number, of: number): Interval => ({
    low: shareOf(least, of, CONFIDENCE).low,
    high: shareOf(least + unknown, of, CONFIDENCE).high,
  });
  return { forward: between(forward, requests), return: between(back, requests - forward) };
}
