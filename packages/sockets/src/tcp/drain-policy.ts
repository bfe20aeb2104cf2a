/**
 * While draining, a connection without traffic for this long since has been sent all there was for it. Longer than the round
 * trip to the other side of the earth: a client that asks again as soon as it is answered is not quiet. Milliseconds.
 */
const DRAIN_QUIET_MS = 225;
/**
 * A drain waits for the next exchange of a connection, to end it behind that: at any other moment the FIN may cross a
 * question. One without traffic for this long, or for this share of the drain if that is less, is taken for idle.
 * Longer than the second after which many clients ask again. Milliseconds.
 */
const DRAIN_IDLE_MS = 1_500;
const DRAIN_IDLE_SHARE = 0.2;
/** How often a drain checks its connections, and so how coarse its clock is. Milliseconds. */
export const DRAIN_STEP_MS = 25;
/** A connection that is never quiet is sent FIN with its next answer when this share of the drain is over. */
const DRAIN_BUSY_SHARE = 0.8;

/** What a drain asks a connection for. */
interface Drained {
  /** Milliseconds without traffic. */
  readonly quietMs: number;
  readonly pendingBytes: number;
}

/**
 * What a drain does with a connection now: FIN, FIN behind the next reply, or nothing yet.
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
