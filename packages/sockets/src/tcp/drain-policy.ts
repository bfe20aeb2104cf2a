/**
 * A connection with traffic since the drain began is quiet, and gets FIN, after this time without more. Longer than the
 * round trip to the other side of the earth: a client that sends the next request at once is never quiet. Milliseconds.
 */
const DRAIN_QUIET_MS = 225;
/**
 * A connection without traffic since the drain began gets FIN after this time, or after DRAIN_IDLE_SHARE of the drain
 * if that is less. Until then the drain waits for its next exchange, because FIN right after a reply can't cross a
 * request. Longer than one second, after which many clients send their next request. Milliseconds.
 */
const DRAIN_IDLE_MS = 1_500;
const DRAIN_IDLE_SHARE = 0.2;
/** How often a drain checks its connections, and so how coarse its clock is. Milliseconds. */
export const DRAIN_STEP_MS = 25;
/** A connection that is never quiet gets FIN with its next reply after this share of the drain. */
const DRAIN_BUSY_SHARE = 0.8;

/** The state of a connection that a drain looks at. */
interface Drained {
  /** Milliseconds without traffic. */
  readonly quietMs: number;
  readonly pendingBytes: number;
}

/**
 * The next step of a drain for one connection: FIN, FIN after the next reply, or nothing yet.
 *
 * @param elapsedMs since the drain began
 */
export function drainStep(
  { quietMs, pendingBytes }: Drained,
  elapsedMs: number,
  timeoutMs: number,
): 'end' | 'end after reply' | 'wait' {
  const idleMs = Math.min(DRAIN_IDLE_MS, timeoutMs * DRAIN_IDLE_SHARE);
  const hasSpoken = quietMs < elapsedMs;
  const isQuiet = hasSpoken
    ? quietMs >= Math.min(DRAIN_QUIET_MS, idleMs) + DRAIN_STEP_MS
    : elapsedMs >= idleMs;
  if (pendingBytes === 0 && isQuiet) return 'end';
  return elapsedMs >= timeoutMs * DRAIN_BUSY_SHARE ? 'end after reply' : 'wait';
}
