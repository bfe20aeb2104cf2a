import { duration, type Key, text } from '@echo-daytime/runtime';

/** A duration within a range, both ends included. The ends are written as users write durations; values are milliseconds. */
export function durationFrom(
  { min, max }: { readonly min: string; readonly max: string },
  initial: string,
  doc: string,
): Key<number> {
  const key = duration(initial, doc);
  const minMs = key.parse(min);
  const maxMs = key.parse(max);
  return {
    ...key,
    parse(given) {
      const milliseconds = key.parse(given);
      if (milliseconds < minMs || milliseconds > maxMs) {
        throw new Error(`must be a duration from ${min} to ${max}`);
      }
      return milliseconds;
    },
  };
}

/** A rate per second within a range, both ends included; decimals are allowed. */
export function rateFrom(
  { min, max, of }: { readonly min: number; readonly max: number; readonly of: string },
  initial: string,
  doc: string,
): Key<number> {
  return text(initial, doc, (given) => {
    const rate = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
    if (!(rate >= min && rate <= max)) {
      throw new Error(`must be a number of ${of} a second from ${min} to ${max}`);
    }
    return rate;
  });
}
