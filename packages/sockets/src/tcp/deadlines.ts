export interface Deadlines {
  /** A connection without traffic for this long is closed, milliseconds; 0 = never. */
  readonly idleTimeout: number;
  /** A connection whose peer takes none of the pending bytes for this long is closed, milliseconds; 0 = never. */
  readonly writeTimeout: number;
}

/**
 * How long after our FIN the peer may take to send its own. After an early close the kernel answers bytes in flight
 * with RST, and RST may make the peer lose bytes that it has not read yet (RFC 1122, 4.2.2.13). Milliseconds.
 */
export const LINGER_MS = 5_000;

/** The deadline clock ticks ten times within the shortest deadline, between these bounds. Milliseconds. */
const MIN_TICK_MS = 10;
const MAX_TICK_MS = 100;

/** How often a listener's clock moves on and its deadlines are checked, milliseconds. */
export function tickMs({ idleTimeout, writeTimeout }: Deadlines): number {
  const deadlines = [idleTimeout, writeTimeout].filter((deadline) => deadline > 0);
  return Math.min(MAX_TICK_MS, Math.max(MIN_TICK_MS, Math.min(...deadlines) / 10));
}
