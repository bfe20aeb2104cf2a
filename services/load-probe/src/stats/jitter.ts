/**
 * The change of the round-trip time from one sample to the next: |RTT(n) - RTT(n-1)|, the difference D of RFC 3550,
 * section 6.4.1, for round trips. Jitter is the mean of these changes. RFC 3550 smooths them instead, but then the jitter
 * of a minute would depend on the minutes before.
 */
export class Jitter {
  #newest: { readonly sequence: number; readonly rttMs: number } | undefined;

  /** @returns the change, milliseconds; undefined when the sample before or after this one had no reply */
  add(sequence: number, rttMs: number): number | undefined {
    const newest = this.#newest;
    // A sample may end after its successor: it is not the newest then, but still consecutive. A worker that was
    // restarted counts from 0.
    if (!newest || sequence > newest.sequence || sequence === 0) this.#newest = { sequence, rttMs };
    return newest && Math.abs(sequence - newest.sequence) === 1 ? Math.abs(rttMs - newest.rttMs) : undefined;
  }
}
