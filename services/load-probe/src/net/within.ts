import { type Clock, onDeadline } from '../sampling/clock.ts';

interface Limits {
  readonly clock: Clock;
  /** Milliseconds of the clock. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/**
 * What a promise comes to, if it does in time. The work itself goes on; who started it ends it.
 *
 * @throws the signal's reason when aborted
 */
export async function within<T>(
  work: Promise<T>,
  { clock, deadlineMs, signal }: Limits,
): Promise<T | 'timeout'> {
  // When the time is over nobody listens any more.
  work.catch(() => {});
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<'timeout'>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  const cancel = onDeadline(clock, deadlineMs, () => resolve('timeout'));
  try {
    return await Promise.race([work, promise]);
  } finally {
    cancel();
    signal.removeEventListener('abort', abort);
  }
}
