import type { Evidence, Measures } from '../cli/gates.ts';
import type { FlowDeath } from '../monitor/status/types.ts';
import type { FailedAddress } from '../net/each-address.ts';
import { type Outcome, outcomes } from '../sampling/outcome.ts';
import type { AbandonedSample, Sample, SampleObserver } from '../sampling/sampler.ts';
import type { Target } from '../targets/target.ts';
import { LatencyCounts } from './histogram.ts';
import { Jitter } from './jitter.ts';

const MAX_FLOW_DEATHS = 10;
/** A name may have more of them than anybody reads. */
const MAX_FAILED_ADDRESSES = 64;

export interface FailureCount {
  readonly outcome: Outcome;
  readonly count: number;
  /** The words of the last one. */
  readonly detail: string;
}

/** An address that failed while another one worked. */
export interface FailedAddressCount {
  readonly address: string;
  readonly count: number;
  /** The words of the last time. */
  readonly detail: string;
}

/** What a check counts of one target. */
export class Tally implements SampleObserver {
  readonly target: Target;
  /** How many samples were asked for. */
  readonly asked: number;
  readonly outcomes = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  readonly latencies = new LatencyCounts();
  samples = 0;
  duplicated = 0;
  outOfOrder = 0;
  /** Ends of a sticky flow. */
  flowDeaths = 0;
  /** Of them the newest, newest first. */
  readonly lastFlowDeaths: FlowDeath[] = [];
  readonly #underWay: AbandonedSample[] = [];
  readonly #failedAddresses = new Map<string, FailedAddressCount>();
  readonly #details = new Map<Outcome, string>();
  readonly #jitter = new Jitter();
  /** Of round trips from one sample to the next: their sum, milliseconds, and how many there are. */
  #changeMs = 0;
  #changes = 0;

  constructor(target: Target, asked: number) {
    this.target = target;
    this.asked = asked;
  }

  sample({ sequence, outcome, detail, rttMs }: Sample): void {
    this.samples += 1;
    this.outcomes[outcome] += 1;
    if (outcome !== 'ok') this.#details.set(outcome, detail);
    if (rttMs === undefined) return;
    this.latencies.record(rttMs);
    const changeMs = this.#jitter.add(sequence, rttMs);
    if (changeMs === undefined) return;
    this.#changeMs += changeMs;
    this.#changes += 1;
  }

  duplicates(count: number): void {
    this.duplicated += count;
  }

  reordered(): void {
    this.outOfOrder += 1;
  }

  addressFailed({ address: { address }, failure }: FailedAddress): void {
    const { count } = this.#failedAddresses.get(address) ?? { count: 0 };
    if (count === 0 && this.#failedAddresses.size === MAX_FAILED_ADDRESSES) return;
    this.#failedAddresses.set(address, { address, count: count + 1, detail: failure.words });
  }

  flowDied(death: FlowDeath): void {
    this.flowDeaths += 1;
    this.lastFlowDeaths.unshift(death);
    this.lastFlowDeaths.length = Math.min(this.lastFlowDeaths.length, MAX_FLOW_DEATHS);
  }

  abandoned(sample: AbandonedSample): void {
    this.#underWay.push(sample);
  }

  /** Samples that were under way when the check was stopped, the oldest first. */
  get underWay(): AbandonedSample[] {
    return this.#underWay.toSorted((one, other) => other.ageMs - one.ageMs);
  }

  /** Samples that were not due yet when the check was stopped. */
  get notBegun(): number {
    return this.asked - this.samples - this.#underWay.length;
  }

  /** 0 to 1; the samples that the prober itself delayed left out. Undefined when there is no other. */
  get lossRatio(): number | undefined {
    const { judged } = this;
    return judged === 0 ? undefined : (judged - this.outcomes.ok) / judged;
  }

  /** The other part: counted, as 1 - 9 / 10 is less than 1 / 10. */
  get successRatio(): number | undefined {
    const { judged } = this;
    return judged === 0 ? undefined : this.outcomes.ok / judged;
  }

  /** The mean change of the round trip, milliseconds; undefined where no two neighbours came back. */
  get jitterMs(): number | undefined {
    return this.#changes === 0 ? undefined : this.#changeMs / this.#changes;
  }

  /** Most frequent first. */
  get failures(): FailureCount[] {
    return [...this.#details]
      .map(([outcome, detail]) => ({ outcome, count: this.outcomes[outcome], detail }))
      .sort((one, other) => other.count - one.count);
  }

  get failedAddresses(): FailedAddressCount[] {
    return [...this.#failedAddresses.values()];
  }

  get measures(): Measures {
    return {
      'max-loss': this.lossRatio,
      'max-p50': this.latencies.percentile(50),
      'max-p99': this.latencies.percentile(99),
      'max-jitter': this.jitterMs,
      'min-success': this.successRatio,
      'min-success-count': this.outcomes.ok,
    };
  }

  get evidence(): Evidence {
    const overdueMs = this.underWay.find(({ isOverdue }) => isOverdue)?.ageMs;
    return { noun: 'sample', total: this.samples, judged: this.judged, overdueMs };
  }

  /** Samples that say something about the target. */
  get judged(): number {
    return this.samples - this.outcomes.prober_late;
  }
}
