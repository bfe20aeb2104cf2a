import type { Measures } from '../../cli/gates.ts';
import type { FlowDeath, FlowDeathCause } from '../../monitor/status/types.ts';
import type { WhoReport } from '../../payload/who-line.ts';
import { isRight, type Outcome } from '../../sampling/outcome.ts';
import type { Sample } from '../../sampling/sampler.ts';
import { Tally } from '../../series/tally.ts';
import type { Target } from '../../targets/target.ts';

/** How many lost samples are kept one by one; their counts by cause have all. */
export const MAX_LOST_SAMPLES = 1_000;
/** How many causes are kept apart: a message may name a port, and so be different each time. */
const MAX_CAUSES = 50;
const DURATION = /\d+(?:\.\d+)? m?s\b/g;

/** A sample that was not right, of those that measured the target. */
export interface LostSample extends Pick<Sample, 'sequence' | 'at' | 'outcome' | 'detail'> {
  /** On an old flow whose answers tell it: who had answered last before; null where that is not known. */
  readonly responder: string | null;
}

/** Lost samples with the same outcome and message but for the durations in it, and of an old flow with the same responder. */
export interface LossCause {
  readonly outcome: Outcome;
  /** Of the last one. */
  readonly detail: string;
  readonly responder: string | null;
  readonly count: number;
  /** Due times of the first and the last, milliseconds since the Unix epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** From the due time of a sample to the next answer: its own, or that to a later sample where it was lost. */
export interface Gap {
  readonly ms: number;
  /** When it began, milliseconds since the Unix epoch. */
  readonly at: number;
  /** There was no answer any more: the gap is as long as the samples tell. */
  readonly isOpen: boolean;
}

/** What the new flows of a target saw, or its old flow. */
export class FlowRecord extends Tally {
  readonly #changed: () => void;
  /** Samples that have ended before an earlier one has. */
  readonly #early = new Map<number, Sample>();
  #ended = 0;
  readonly #causes = new Map<string, LossCause>();
  readonly #deaths = new Map<FlowDeathCause, number>();
  /** Old flows: each responder with the first sample that it answered, the newest last. */
  readonly #responders: { readonly sequence: number; readonly name: string }[] = [];
  /** The first of the last samples that were all lost. */
  #lostSince: Sample | undefined;
  #closedGap: Gap | undefined;
  #last: Sample | undefined;
  /** The first ones. */
  readonly lostSamples: LostSample[] = [];
  /** Of causes that are not kept apart. */
  otherLosses = 0;

  /** @param changed called after each sample */
  constructor(target: Target, asked: number, changed: () => void) {
    super(target, asked);
    this.#changed = changed;
  }

  override sample(sample: Sample): void {
    super.sample(sample);
    this.#early.set(sample.sequence, sample);
    for (let next = this.#early.get(this.#ended); next; next = this.#early.get(this.#ended)) {
      this.#early.delete(this.#ended);
      this.#ended += 1;
      this.#inOrder(next);
    }
    this.#changed();
  }

  override responderReported(report: WhoReport, sequence: number): void {
    super.responderReported(report, sequence);
    if (this.target.flow !== 'sticky' || 'unknown' in report) return;
    const before = this.#responders.findLastIndex((one) => one.sequence < sequence);
    if (this.#responders[before]?.name === report.name) return;
    this.#responders.splice(before + 1, 0, { sequence, name: report.name });
  }

  override flowDied(death: FlowDeath): void {
    super.flowDied(death);
    this.#deaths.set(death.cause, (this.#deaths.get(death.cause) ?? 0) + 1);
  }

  /** How many samples have ended, without those that ended before an earlier one. */
  get ended(): number {
    return this.#ended;
  }

  get lostCount(): number {
    return this.judged - this.right;
  }

  /** Most frequent first. */
  get causes(): LossCause[] {
    return [...this.#causes.values()].sort((one, other) => other.count - one.count);
  }

  /** How often the old flow died, by cause. */
  get deaths(): Partial<Record<FlowDeathCause, number>> {
    return Object.fromEntries(this.#deaths);
  }

  /** The longest gap; undefined where no sample measured the target. */
  get gap(): Gap | undefined {
    const { intervalMs } = this.target;
    const since = this.#lostSince;
    if (!since || !this.#last) return this.#closedGap;
    const ms = (this.#last.sequence + 1 - since.sequence) * intervalMs;
    return ms > (this.#closedGap?.ms ?? 0) ? { ms, at: since.at, isOpen: true } : this.#closedGap;
  }

  override get measures(): Measures {
    return {
      'max-lost': this.judged === 0 ? undefined : this.lostCount,
      'max-gap': this.gap?.ms,
    };
  }

  #inOrder(sample: Sample): void {
    this.#last = sample;
    const { at, outcome, rttMs, sequence, wireRttMs } = sample;
    // Says nothing of the target, so it neither begins nor ends a gap.
    if (outcome === 'prober_late') return;
    if (!isRight(outcome)) {
      this.#lostSince ??= sample;
      this.#lost(sample);
      return;
    }
    const since = this.#lostSince ?? sample;
    this.#lostSince = undefined;
    // By the number of samples between: the wall clock may be set meanwhile.
    const lostMs = (sequence - since.sequence) * this.target.intervalMs;
    const ms = lostMs + (rttMs ?? wireRttMs ?? 0);
    if (ms > (this.#closedGap?.ms ?? 0)) this.#closedGap = { ms, at: Math.min(since.at, at), isOpen: false };
  }

  #lost({ at, detail, outcome, sequence }: Sample): void {
    const responder = this.#responders.findLast((one) => one.sequence < sequence)?.name ?? null;
    if (this.lostSamples.length < MAX_LOST_SAMPLES) {
      this.lostSamples.push({ sequence, at, outcome, detail, responder });
    }
    const key = JSON.stringify([outcome, detail.replace(DURATION, ''), responder]);
    const known = this.#causes.get(key);
    if (known) {
      this.#causes.set(key, { ...known, detail, count: known.count + 1, lastAt: at });
    } else if (this.#causes.size < MAX_CAUSES) {
      this.#causes.set(key, { outcome, detail, responder, count: 1, firstAt: at, lastAt: at });
    } else {
      this.otherLosses += 1;
    }
  }
}
