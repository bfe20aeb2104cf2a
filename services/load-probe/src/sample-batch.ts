import type { Outcome } from './outcome.ts';
import type { Sample, SampleObserver } from './watch-target.ts';

/** How often a worker tells the control plane its samples: often enough for a page that updates each second. */
const BATCH_INTERVAL_MS = 250;

/** A sample on its way to the control plane. */
export interface SentSample {
  /** The target's place in the configuration. */
  readonly target: number;
  readonly at: number;
  readonly outcome: Outcome;
  readonly detail: string;
  readonly rttMs: number | null;
  readonly lagMs: number;
}

/** Collects samples and sends them together. */
export class SampleBatches {
  readonly #send: (batch: readonly SentSample[]) => void;
  readonly #timer: NodeJS.Timeout;
  #batch: SentSample[] = [];

  constructor(send: (batch: readonly SentSample[]) => void) {
    this.#send = send;
    this.#timer = setInterval(() => this.#flush(), BATCH_INTERVAL_MS);
  }

  add(target: number, { at, outcome, detail, rttMs, lagMs }: Sample): void {
    this.#batch.push({ target, at, outcome, detail, rttMs: rttMs ?? null, lagMs });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#flush();
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    this.#send(this.#batch);
    this.#batch = [];
  }
}

/** Has two observers told the same. */
export function both(observer: SampleObserver, add: (sample: Sample) => void): SampleObserver {
  return {
    ...observer,
    sample(sample) {
      observer.sample(sample);
      add(sample);
    },
  };
}
