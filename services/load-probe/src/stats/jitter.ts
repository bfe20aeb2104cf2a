/**
 * How much the round trip changes from one sample to the next: |RTT(n) - RTT(n-1)|, the difference D of RFC 3550,
 * section 6.4.1, for round trips. Jitter is the mean of these; RFC 3550 smooths them instead, which would make the
 * figure of a minute depend on the minutes before.
 */
export class Jitter {
  #newest: { readonly sequence: number; readonly rttMs: number } | undefined;

  /** @returns the difference, milliseconds; undefined when the sample beside this one had no answer */
  add(sequence: number, rttMs: number): number | undefined {
    const newest = this.#newest;
    // A sample that ended after its successor is not the newest, but a neighbour all the same. A worker that was
    // started again counts from 0.
    if (!newest || sequence > newest.sequence || sequence === 0) this.#newest = { sequence, rttMs };
    return newest && Math.abs(sequence - newest.sequence) === 1 ? Math.abs(rttMs - newest.rttMs) : undefined;
  }
}
