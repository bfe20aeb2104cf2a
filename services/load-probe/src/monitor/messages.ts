import type { Outcome } from '../sampling/outcome.ts';
import type { PhaseTimes } from '../sampling/sample.ts';
import type { SampleObserver } from '../sampling/sampler.ts';
import type { AddressNote, ClockReading, FlowDeath } from './status/types.ts';

/** A sample on its way to the control plane. */
export interface SentSample {
  readonly at: number;
  readonly outcome: Outcome;
  readonly detail: string;
  readonly rttMs: number | null;
  readonly lagMs: number;
  readonly phases: PhaseTimes;
}

export type News =
  | ({ readonly kind: 'sample' } & SentSample)
  /** `at` of what is no sample is when it was noticed, milliseconds since the Unix epoch. */
  | { readonly kind: 'duplicates'; readonly at: number; readonly count: number }
  | { readonly kind: 'reordered'; readonly at: number }
  | { readonly kind: 'death'; readonly death: FlowDeath }
  | { readonly kind: 'address'; readonly failed: AddressNote }
  | { readonly kind: 'clock'; readonly reading: ClockReading };

/** What happened to one target; `target` is its number with the control plane. */
export type TargetNews = News & { readonly target: number };

/** How often a worker tells the control plane its news: often enough for a page that updates each second. */
const BATCH_INTERVAL_MS = 250;
/** After a freeze there may be millions of samples to tell of: one message with all of them would hold up everything else. */
const MAX_BATCH = 5_000;

/** Collects news and sends them together. */
export class NewsBatches {
  readonly #send: (batch: readonly TargetNews[]) => void;
  readonly #timer: NodeJS.Timeout;
  #batch: TargetNews[] = [];

  constructor(send: (batch: readonly TargetNews[]) => void) {
    this.#send = send;
    this.#timer = setInterval(() => this.#flush(), BATCH_INTERVAL_MS);
  }

  /** An observer that has all it is told sent, and told to another one first. */
  observe(target: number, counted: SampleObserver, epoch: () => number): SampleObserver {
    const add = (news: News): void => {
      this.#batch.push({ ...news, target });
      if (this.#batch.length >= MAX_BATCH) this.#flush();
    };
    return {
      sample(sample) {
        counted.sample(sample);
        const { at, outcome, detail, rttMs = null, lagMs, phases } = sample;
        add({ kind: 'sample', at, outcome, detail, rttMs, lagMs, phases });
      },
      duplicates(count) {
        counted.duplicates(count);
        add({ kind: 'duplicates', at: epoch(), count });
      },
      reordered() {
        counted.reordered();
        add({ kind: 'reordered', at: epoch() });
      },
      addressFailed(failed) {
        counted.addressFailed?.(failed);
        const { address, failure } = failed;
        add({ kind: 'address', failed: { at: epoch(), address: address.address, detail: failure.words } });
      },
      flowDied(death) {
        counted.flowDied?.(death);
        add({ kind: 'death', death });
      },
      clockRead(reading) {
        counted.clockRead?.(reading);
        add({ kind: 'clock', reading });
      },
    };
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
