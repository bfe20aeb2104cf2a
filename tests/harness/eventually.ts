import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;
/** What is waited for here comes within 10 s, and a busy machine may be ten times slower. */
const TIMEOUT_MS = 100_000;

/**
 * Waits for something that another process does and nothing announces here. Fails with the last error when it
 * has not come about in time.
 */
export async function eventually<T>(attempt: () => T | Promise<T>, timeoutMs = TIMEOUT_MS): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await delay(POLL_MS);
  }
}
