import type { Clock } from '../../sampling/clock.ts';

/** What a search can be at. The set is closed: it is part of the JSON report. */
export type Stage = 'lookup' | 'connect' | 'first_exchange' | 'idle' | 'answer';

/** What was at a stage when the search was stopped. */
export interface Unfinished {
  readonly stage: Stage;
  readonly count: number;
  /** Of the oldest, milliseconds. */
  readonly ageMs: number;
}

/** The stages of a search that have no end yet, for the report of a search that is stopped. */
export class UnderWay {
  readonly #clock: Clock;
  readonly #entries = new Map<object, { readonly stage: Stage; readonly sinceMs: number }>();
  #whenStopped: readonly Unfinished[] = [];

  /** To be made before anything that the signal aborts. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    signal.addEventListener('abort', () => {
      this.#whenStopped = this.#summary();
    });
  }

  get whenStopped(): readonly Unfinished[] {
    return this.#whenStopped;
  }

  enter(what: object, stage: Stage): void {
    this.#entries.set(what, { stage, sinceMs: this.#clock.now() });
  }

  leave(what: object): void {
    this.#entries.delete(what);
  }

  #summary(): Unfinished[] {
    const nowMs = this.#clock.now();
    const byStage = Map.groupBy(this.#entries.values(), ({ stage }) => stage);
    return [...byStage].map(([stage, entries]) => ({
      stage,
      count: entries.length,
      ageMs: nowMs - Math.min(...entries.map(({ sinceMs }) => sinceMs)),
    }));
  }
}
