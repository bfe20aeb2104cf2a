import type { EventEmitter } from 'node:events';

/** How long a look is, milliseconds. */
const LOOK_MS = 20;

/**
 * Whether there is a change before this process has listened for so many milliseconds. A stall, of this process or the
 * whole machine, counts as one look however long it was: nothing could be heard in it, nor be sent by a server that
 * stood still as well.
 */
export async function changesWithin(
  events: EventEmitter<{ change: [] }>,
  timeoutMs: number,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const changed = (): void => resolve(true);
  events.once('change', changed);
  let looks = Math.ceil(timeoutMs / LOOK_MS);
  const looking = setInterval(() => {
    looks -= 1;
    if (looks <= 0) resolve(false);
  }, LOOK_MS);
  try {
    return await promise;
  } finally {
    clearInterval(looking);
    events.off('change', changed);
  }
}
