/** The clock of a schedule and its samples; injected so that tests can move it. */
export interface Clock {
  /** Milliseconds of the monotonic clock, with fractions. */
  now(): number;
  /** Milliseconds since the Unix epoch, with fractions. */
  epoch(): number;
  /**
   * Calls back once `now()` has reached `due`, never before and never synchronously. Pending socket events come first:
   * a FIN that has arrived must be seen before anything is sent on its connection.
   */
  wakeAt(due: number, callback: () => void): CancelWake;
}

export type CancelWake = () => void;

const NS_PER_MS = 1e6;

/**
 * A timer of Node is exact to 1 ms and may fire up to 2 ms early. So the last part of a wait is spent in turns of the
 * event loop, which still serves sockets. The schedule lag is then some 10 µs, not a millisecond, which on a short path
 * is more than the round trip.
 */
const FINE_WAIT_MS = 2;
const TIMER_EARLY_MS = 1;
/** Node's timers hold at most 2^31 - 1 ms, https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** A clock that is slewed by 500 ppm, as much as Linux does, changes by 50 ns meanwhile. Milliseconds. */
const OFFSET_VALID_MS = 100;
/** Date.now() is rounded down: more shows that the clock was set. Milliseconds. */
const CLOCK_SET_MS = 2;
/** Two clocks that are read further apart, because the thread had to wait, tell nothing of their offset. Milliseconds. */
const MAX_READING_MS = 0.05;

export const systemClock: Clock = {
  now: () => performance.now(),
  epoch,
  wakeAt(due, callback) {
    let timer: NodeJS.Timeout | undefined;
    let immediate: NodeJS.Immediate | undefined;
    const wait = (left: number): void => {
      if (left > FINE_WAIT_MS) {
        const sleepMs = Math.min(MAX_TIMER_MS, Math.floor(left - TIMER_EARLY_MS));
        // Never directly from a timer: after a stall of this process Node runs timers before it reads sockets.
        timer = setTimeout(() => wait(due - performance.now()), sleepMs);
      } else {
        immediate = setImmediate(step);
      }
    };
    const step = (): void => {
      const left = due - performance.now();
      if (left <= 0) callback();
      else wait(left);
    };
    wait(due - performance.now());
    return () => {
      clearTimeout(timer);
      clearImmediate(immediate);
    };
  },
};

/**
 * Calls back once the clock has reached `at`. Pending socket events come first: a reply that has arrived must not count
 * as missing.
 */
export function onDeadline(clock: Clock, at: number, callback: () => void): CancelWake {
  let immediate: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    timer = setTimeout(check, Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(at - clock.now()))));
  };
  const check = (): void => {
    if (clock.now() < at) arm();
    else immediate = setImmediate(callback);
  };
  arm();
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}

/** What has to be added to `performance.now()`, and how long it holds; the system's clock may be slewed. Milliseconds. */
let epochOffsetMs = Number.NaN;
let offsetValidUntilMs = Number.NEGATIVE_INFINITY;

/** Date.now() has whole milliseconds only, more than a short round trip. Temporal has all, and costs ten times as much. */
function epoch(): number {
  const now = performance.now();
  const epochMs = now + epochOffsetMs;
  const isSet = Math.abs(Date.now() - epochMs) >= CLOCK_SET_MS;
  if (now < offsetValidUntilMs && !isSet) return epochMs;
  const read = Number(Temporal.Now.instant().epochNanoseconds) / NS_PER_MS;
  const after = performance.now();
  epochOffsetMs = read - (now + after) / 2;
  offsetValidUntilMs = after - now < MAX_READING_MS ? after + OFFSET_VALID_MS : Number.NEGATIVE_INFINITY;
  return read;
}

interface TimeLimit {
  readonly clock: Clock;
  /** Milliseconds of the clock. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/**
 * The value of a promise, or `timeout` after the deadline. The work itself goes on; its owner must end it.
 *
 * @throws the signal's reason when aborted
 */
export async function withTimeout<T>(
  work: Promise<T>,
  { clock, deadlineMs, signal }: TimeLimit,
): Promise<T | 'timeout'> {
  // After the deadline nothing else handles a rejection.
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
