import type { WhoReport } from '../payload/who-line.ts';
import type { Sample, SampleObserver } from '../sampling/sampler.ts';
import type { LossDirection } from '../sampling/sticky/loss-direction.ts';
import type { SweepReport } from '../sampling/sweep/sweep-tally.ts';
import type {
  AddressNote,
  AffinityBreak,
  ClockReading,
  FlowDeath,
  MarkNote,
  SynNote,
} from './status/types.ts';

/** What happened to one target. */
export type TargetEvent =
  | ({ readonly kind: 'sample' } & Sample)
  /** In these events `at` is when the event was noticed, milliseconds since the Unix epoch. */
  | { readonly kind: 'duplicates'; readonly at: number; readonly count: number }
  | { readonly kind: 'reordered'; readonly at: number }
  | { readonly kind: 'loss'; readonly direction: LossDirection }
  | { readonly kind: 'death'; readonly death: FlowDeath }
  | { readonly kind: 'responder'; readonly report: WhoReport }
  | { readonly kind: 'affinity'; readonly change: AffinityBreak }
  | { readonly kind: 'address'; readonly failed: AddressNote }
  | { readonly kind: 'syn'; readonly note: SynNote }
  | { readonly kind: 'mark'; readonly note: MarkNote }
  | { readonly kind: 'sweep'; readonly report: SweepReport }
  | { readonly kind: 'clock'; readonly reading: ClockReading };

/** An event as it is sent to the control plane, with the number of its target. */
export type TargetMessage = TargetEvent & { readonly target: number };

/** How often a worker sends its messages to the control plane. The page updates every second. */
const BATCH_INTERVAL_MS = 250;
/** After a stall there may be millions of samples to report: one message with all of them would block the thread. */
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

  /** An observer that passes each event to another observer and then sends it. */
  observe(target: number, counted: SampleObserver, epoch: () => number): SampleObserver {
    const add = (event: TargetEvent): void => addMessage({ ...event, target });
    const addMessage = (message: TargetMessage): void => {
      this.#batch.push(message);
      if (this.#batch.length >= MAX_BATCH) this.#flush();
    };
    return {
      sample(sample) {
        counted.sample(sample);
        addMessage({ kind: 'sample', target, ...sample });
      },
      duplicates(count) {
        counted.duplicates(count);
        add({ kind: 'duplicates', at: epoch(), count });
      },
      reordered() {
        counted.reordered();
        add({ kind: 'reordered', at: epoch() });
      },
      lossFound(direction) {
        counted.lossFound?.(direction);
        add({ kind: 'loss', direction });
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
      synReported(report) {
        counted.synReported?.(report);
        if ('unknown' in report) return;
        const { changes, dscp, hops = null } = report;
        add({ kind: 'syn', note: { at: epoch(), changes: changes.map(({ text }) => text), hops, dscp } });
      },
      markReported(report) {
        counted.markReported?.(report);
        if ('unknown' in report) return;
        const { changes, dscp, replyDscp = null } = report;
        const note = { at: epoch(), changes: changes.map(({ text }) => text), dscp, replyDscp };
        add({ kind: 'mark', note });
      },
      responderReported(report) {
        add({ kind: 'responder', report });
      },
      affinityBroken(change) {
        counted.affinityBroken?.(change);
        add({ kind: 'affinity', change });
      },
      swept(report) {
        counted.swept?.(report);
        add({ kind: 'sweep', report });
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
