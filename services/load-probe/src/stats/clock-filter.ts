/** The target's clock less ours, from session exchanges; right to within the error bound. */
export interface ClockReading {
  readonly offsetMs: number;
  /** Half the round trip of the exchange. */
  readonly errorMs: number;
}

/** As many as the clock filter of NTP keeps (RFC 5905, section 10). */
const KEPT_READINGS = 8;

/**
 * The best of the last readings of a target's clock: the reading with the smallest error. In a long round trip a packet
 * was delayed, most likely in one direction only, which makes its offset wrong.
 */
export class ClockFilter {
  #readings: readonly ClockReading[] = [];

  add(reading: ClockReading): ClockReading {
    this.#readings = [...this.#readings, reading].slice(-KEPT_READINGS);
    return this.#readings.reduce((best, other) => (other.errorMs <= best.errorMs ? other : best));
  }
}
