import type { Clock } from '../../sampling/clock.ts';

/** The stages of a search. These names are part of the JSON report. */
export type Stage = 'lookup' | 'connect' | 'first_exchange' | 'idle' | 'answer';

/** How many flows were in a stage when the search was stopped. */
export interface Unfinished {
  readonly stage: Stage;
  readonly count: number;
  /** The age of the oldest, milliseconds. */
  readonly ageMs: number;
}

/** The unfinished stages of a search, for the report of a search that is stopped. */
export class UnderWay {
  readonly #clock: Clock;
  readonly #entries = new Map<object, { readonly stage: Stage; readonly sinceMs: number }>();
  #whenStopped: readonly Unfinished[] = [];

  /** Create this first: its abort listener must run before those that end stages. */
  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    signal.addEventListener('abort', () => {
      this.#whenStopped = this.#summary();
    });
  }

  get whenStopped(): readonly Unfinished[] {
    return this.#whenStopped;
  }

  /** @param key the flow or options object that the stage belongs to; a new stage replaces its last one */
  begin(key: object, stage: Stage): void {
    this.#entries.set(key, { stage, sinceMs: this.#clock.now() });
  }

  end(key: object): void {
    this.#entries.delete(key);
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
