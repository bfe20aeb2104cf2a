/**
 * How much the round trip changes from one sample to the next: |RTT(n) - RTT(n-1)|, the difference D of RFC 3550,
 * section 6.4.1, for round trips. Jitter is the mean of these; RFC 3550 smooths them instead, which would make the
 * figure of a minute depend on the minutes before.
 */
export class Jitter {
  #last: { readonly sequence: number; readonly rttMs: number } | undefined;

  /** @returns the difference, milliseconds; undefined when the sample beside this one had no answer */
  add(sequence: number, rttMs: number): number | undefined {
    const last = this.#last;
    // A sample that ended after the one behind it is not the newest, but its neighbour all the same.
    if (!last || sequence > last.sequence) this.#last = { sequence, rttMs };
    return last && Math.abs(sequence - last.sequence) === 1 ? Math.abs(rttMs - last.rttMs) : undefined;
  }
}
