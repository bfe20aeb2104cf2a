import type { Counter } from '@echo-daytime/worker';

/** A worker without a heartbeat for this long is terminated: twice the time that fails `/livez`, so that a probe sees it. */
export const HUNG_AFTER_S = 10;
/** A worker that is still alive this long after terminate() cannot be killed. */
export const UNKILLABLE_AFTER_S = 5;
const CHECK_INTERVAL_MS = 1_000;

/** The heartbeat of one worker under watch. */
export interface Heart {
  readonly heartbeat: Counter;
  lastBeat: number;
  /** Checks in a row that found no new beat. */
  missedBeats: number;
}

/**
 * Checks heartbeats once a second. It counts checks, not seconds: after the whole process was stopped (SIGSTOP, a
 * frozen container, a suspended machine), every heartbeat is old although no worker is hung.
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
    heart.missedBeats = beat === heart.lastBeat ? heart.missedBeats + 1 : 0;
    heart.lastBeat = beat;
    if (heart.missedBeats < HUNG_AFTER_S) return 'beating';
    return heart.missedBeats < HUNG_AFTER_S + UNKILLABLE_AFTER_S ? 'hung' : 'unkillable';
  }
}
