import type { Sample, SampleObserver } from '../sampling/sampler.ts';
import type { AddressNote, ClockReading, FlowDeath } from './status/types.ts';

/** What happened to one target. */
export type TargetEvent =
  | ({ readonly kind: 'sample' } & Sample)
  /** `at` of what is no sample is when it was noticed, milliseconds since the Unix epoch. */
  | { readonly kind: 'duplicates'; readonly at: number; readonly count: number }
  | { readonly kind: 'reordered'; readonly at: number }
  | { readonly kind: 'death'; readonly death: FlowDeath }
  | { readonly kind: 'address'; readonly failed: AddressNote }
  | { readonly kind: 'clock'; readonly reading: ClockReading };

/** An event on its way to the control plane, which knows the target by a number. */
export type TargetMessage = TargetEvent & { readonly target: number };

/** How often a worker sends the control plane its messages: often enough for a page that updates each second. */
const BATCH_INTERVAL_MS = 250;
/** A freeze may leave millions of samples to report: one message with all of them would hold up everything else. */
const MAX_BATCH = 5_000;

/** Collects messages and sends them together. */
export class MessageBatches {
  readonly #send: (batch: readonly TargetMessage[]) => void;
  readonly #timer: NodeJS.Timeout;
  #batch: TargetMessage[] = [];

  constructor(send: (batch: readonly TargetMessage[]) => void) {
    this.#send = send;
    this.#timer = setInterval(() => this.#flush(), BATCH_INTERVAL_MS);
  }

  /** An observer that passes each event on to another observer, then sends it. */
  observe(target: number, counted: SampleObserver, epoch: () => number): SampleObserver {
    const add = (event: TargetEvent): void => {
      this.#batch.push({ ...event, target });
      if (this.#batch.length >= MAX_BATCH) this.#flush();
    };
    return {
      sample(sample) {
        counted.sample(sample);
        add({ kind: 'sample', ...sample });
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
        add({ kind: 'address', failed: { at: epoch(), address: address.address, detail: failure.detail } });
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
