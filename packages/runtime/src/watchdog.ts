import type { Counter } from '@echo-daytime/worker';

/** A worker whose heart stands still for this long is ended: twice what fails `/livez`, so that both are seen. */
export const HUNG_AFTER_S = 10;
/** One that is there for so long after it was ended can't be. */
export const UNENDABLE_AFTER_S = 5;
const LOOK_INTERVAL_MS = 1_000;

/** A heart under watch. */
export interface Pulse {
  readonly heartbeat: Counter;
  /** Its beat at the last look. */
  last: number;
  /** Looks in a row that found the beat of the look before. */
  still: number;
}

/**
 * Looks at hearts once a second. Looks are counted and not seconds: where the whole process was stopped (SIGSTOP, a
 * frozen container, a suspended machine), every heart is old and none is hung.
 */
export class StillnessWatch {
  readonly #onLook: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(onLook: () => void) {
    this.#onLook = onLook;
  }

  start(): void {
    this.#timer = setInterval(this.#onLook, LOOK_INTERVAL_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** One look. `hung` is to be ended, `unendable` should have been by now. */
  look(pulse: Pulse): 'beats' | 'hung' | 'unendable' {
    const beat = pulse.heartbeat.value;
    pulse.still = beat === pulse.last ? pulse.still + 1 : 0;
    pulse.last = beat;
    if (pulse.still < HUNG_AFTER_S) return 'beats';
    return pulse.still < HUNG_AFTER_S + UNENDABLE_AFTER_S ? 'hung' : 'unendable';
  }
}
