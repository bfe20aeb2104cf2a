import { setTimeout as delay } from 'node:timers/promises';

/** From one attempt to the next: soon at first, then ever less, as each costs both processes. */
const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 250;
const POLL_GROWTH = 1.3;
/** What is waited for here comes within 10 s, and a busy machine may be ten times slower. */
const TIMEOUT_MS = 100_000;

/**
 * Waits for something that another process does and nothing announces here. Fails with the last error when it
 * has not come about in time.
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
