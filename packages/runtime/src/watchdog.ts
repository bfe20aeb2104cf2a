import type { ThreadTime } from '@echo-daytime/linux/thread-time';
import type { Counter } from '@echo-daytime/worker';

/** A worker without a heartbeat for this long fails `/livez`: its event loop is hung, not busy. */
export const STALE_AFTER_S = 5;
/** A worker without a heartbeat for this long is terminated: twice the time before, so that a probe of `/livez` sees it. */
export const HUNG_AFTER_S = 10;
/** A worker that is still alive this long after terminate() cannot be killed. */
export const UNKILLABLE_AFTER_S = 5;
export const UNKILLABLE = `a data-plane worker was blocked for more than ${HUNG_AFTER_S} s and could not be terminated; killing the process`;
export const HUNG = `its event loop was blocked for more than ${HUNG_AFTER_S} s`;
const CHECK_INTERVAL_MS = 1_000;
/** More than a turn of a healthy event loop takes of a core. Seconds. */
const LONG_TURN_S = 0.1;

/** The heartbeat of one worker under watch. */
export interface Heart {
  readonly heartbeat: Counter;
  lastBeat: number;
  /** Checks in a row that found no new beat, without those in which the thread waited for a core. */
  missedBeats: number;
  /** What the thread had run when a beat was last missed, seconds. */
  ranS: number;
  /** Undefined where the system does not tell. */
  threadTime(): ThreadTime | undefined;
}

export function newHeart(heartbeat: Counter, threadTime: Heart['threadTime']): Heart {
  return { heartbeat, lastBeat: 0, missedBeats: 0, ranS: 0, threadTime };
}

/**
 * Checks heartbeats once a second. It counts checks, not seconds: after the whole process was stopped (SIGSTOP, a
 * frozen container, a suspended machine), every heartbeat is old although no worker is hung. Nor is a worker that waits
 * for a core: on a machine with far too much to do, or at a CPU limit, its end would only add work.
 */
export class Watchdog {
  readonly #onCheck: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onCheck: () => void) {
    this.#onCheck = onCheck;
  }

  start(): void {
    this.#timer = setInterval(this.#onCheck, CHECK_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** A `hung` worker is to be terminated; an `unkillable` worker should have ended by now. */
  check(heart: Heart): 'beating' | 'hung' | 'unkillable' {
    const beat = heart.heartbeat.value;
    if (beat !== heart.lastBeat) heart.missedBeats = 0;
    else if (!waitsForCore(heart)) heart.missedBeats += 1;
    heart.lastBeat = beat;
    if (heart.missedBeats < HUNG_AFTER_S) return 'beating';
    return heart.missedBeats < HUNG_AFTER_S + UNKILLABLE_AFTER_S ? 'hung' : 'unkillable';
  }
}

/** Whether the thread could not go on since the last missed beat, for want of a core. */
function waitsForCore(heart: Heart): boolean {
  const time = heart.threadTime();
  if (time === undefined) return false;
  if (time.isRunnable && time.ranS - heart.ranS < LONG_TURN_S) return true;
  heart.ranS = time.ranS;
  return false;
}
