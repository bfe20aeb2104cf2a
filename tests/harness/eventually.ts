import { setTimeout as delay } from 'node:timers/promises';

/** Time between attempts. It grows, because each attempt costs CPU in both processes. */
const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 250;
const POLL_GROWTH = 1.3;
/** Normally the attempt succeeds within 10 s; a busy machine may be ten times slower. */
const TIMEOUT_MS = 100_000;

/**
 * Waits for an effect in another process that no event announces. Fails with the last error when the time is over.
 */
export async function eventually<T>(attempt: () => T | Promise<T>, timeoutMs = TIMEOUT_MS): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(LAST_POLL_MS, pollMs * POLL_GROWTH)) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(pollMs);
  }
}
