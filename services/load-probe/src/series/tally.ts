import type { Evidence, Measures } from '../cli/gates.ts';
import type { AffinityBreak, FlowDeath } from '../monitor/status/types.ts';
import type { FailedAddress } from '../net/each-address.ts';
import type { MarkReport } from '../net/mark-changes.ts';
import type { SynReport } from '../net/syn-changes.ts';
import type { WhoReport } from '../payload/who-line.ts';
import type { Outcome } from '../sampling/outcome.ts';
import type { AbandonedSample, Sample, SampleObserver } from '../sampling/sampler.ts';
import type { LossDirection } from '../sampling/sticky/loss-direction.ts';
import { LatencyHistogram } from '../stats/histogram.ts';
import { Leaks } from '../stats/leaks.ts';
import { ResponderTally } from '../stats/responder-tally.ts';
import { SampleStats } from '../stats/sample-stats.ts';
import { type Target, tellsDirection, tellsMark, tellsResponder } from '../targets/target.ts';
import { MarkTally, SynTally } from './change-tally.ts';
import { TcpTally } from './tcp-tally.ts';

const MAX_FLOW_DEATHS = 10;
const MAX_AFFINITY_BREAKS = 10;
/** How many failed addresses are kept; a name may have hundreds. */
const MAX_FAILED_ADDRESSES = 64;

export interface FailureCount {
  readonly outcome: Outcome;
  readonly count: number;
  /** The message of the last failure. */
  readonly detail: string;
}

/** An address that failed while another one worked. */
export interface FailedAddressCount {
  readonly address: string;
  readonly count: number;
  /** The message of the last failure. */
  readonly detail: string;
}

/** The counts of one series of samples: of a target, a peer, or one of the flows of it. */
export class Tally extends SampleStats implements SampleObserver {
  readonly target: Target;
  /** How many samples were asked for. */
  readonly asked: number;
  readonly latencies = new LatencyHistogram();
  /** UDP: round trips between the kernel's timestamps. */
  readonly wireTimes = new LatencyHistogram();
  /** UDP: what the probe itself added to them. */
  readonly ownShares = new LatencyHistogram();
  /** STAMP: times that the reflector took. */
  readonly reflectorTimes = new LatencyHistogram();
  readonly tcp = new TcpTally();
  /** Targets that must be blocked. */
  readonly leaks: Leaks | undefined;
  /** Targets that must be blocked: samples to which silence was the answer. */
  silent = 0;
  /** Targets with `syn`. */
  readonly syn: SynTally | undefined;
  /** STAMP targets with `dscp`. */
  readonly mark: MarkTally | undefined;
  /** Targets that may tell who answers. */
  readonly who: ResponderTally | undefined;
  /** Lost samples by direction, where it is known; null where the target can't tell. */
  readonly lost: Record<LossDirection, number> | null;
  /** How often the sticky flow went over to another responder. */
  affinityBreaks = 0;
  /** The newest ones, newest first. */
  readonly lastAffinityBreaks: AffinityBreak[] = [];
  duplicated = 0;
  outOfOrder = 0;
  /** How often the sticky flow died. */
  flowDeaths = 0;
  /** The newest deaths, newest first. */
  readonly lastFlowDeaths: FlowDeath[] = [];
  readonly #underWay: AbandonedSample[] = [];
  readonly #failedAddresses = new Map<string, FailedAddressCount>();
  readonly #details = new Map<Outcome, string>();

  constructor(target: Target, asked: number) {
    super();
    this.target = target;
    this.asked = asked;
    this.leaks = target.expect && new Leaks();
    this.lost = tellsDirection(target) ? { forward: 0, return: 0 } : null;
    this.syn = target.syn ? new SynTally() : undefined;
    this.mark = tellsMark(target) ? new MarkTally() : undefined;
    this.who = tellsResponder(target) ? new ResponderTally() : undefined;
  }

  sample(sample: Sample): void {
    this.add(sample);
    const { outcome, detail, lagMs, phases, reflectorMs, rttMs, seen, tcp, wireRttMs } = sample;
    this.leaks?.add(sample);
    if (seen?.outcome === 'lost') this.silent += 1;
    if (outcome !== 'ok') this.#details.set(outcome, detail);
    if (rttMs !== undefined) this.latencies.record(rttMs);
    if (tcp) this.tcp.add(tcp);
    if (reflectorMs !== undefined) this.reflectorTimes.record(reflectorMs);
    if (wireRttMs === undefined) return;
    this.wireTimes.record(wireRttMs);
    // The lag of the start, and from the send to the receive as the probe saw them.
    if (phases.first_byte !== undefined) this.ownShares.record(lagMs + phases.first_byte - wireRttMs);
  }

  duplicates(count: number): void {
    this.duplicated += count;
  }

  reordered(): void {
    this.outOfOrder += 1;
  }

  lossFound(direction: LossDirection): void {
    if (this.lost) this.lost[direction] += 1;
  }

  addressFailed({ address: { address }, failure }: FailedAddress): void {
    const { count } = this.#failedAddresses.get(address) ?? { count: 0 };
    if (count === 0 && this.#failedAddresses.size === MAX_FAILED_ADDRESSES) return;
    this.#failedAddresses.set(address, { address, count: count + 1, detail: failure.detail });
  }

  flowDied(death: FlowDeath): void {
    this.flowDeaths += 1;
    this.lastFlowDeaths.unshift(death);
    this.lastFlowDeaths.length = Math.min(this.lastFlowDeaths.length, MAX_FLOW_DEATHS);
  }

  affinityBroken(change: AffinityBreak): void {
    this.affinityBreaks += 1;
    this.lastAffinityBreaks.unshift(change);
    this.lastAffinityBreaks.length = Math.min(this.lastAffinityBreaks.length, MAX_AFFINITY_BREAKS);
  }

  synReported(report: SynReport): void {
    this.syn?.add(report);
  }

  markReported(report: MarkReport): void {
    this.mark?.add(report);
  }

  responderReported(report: WhoReport, _sequence: number): void {
    this.who?.add(report);
  }

  abandoned(sample: AbandonedSample): void {
    this.#underWay.push(sample);
  }

  /** Samples that were under way when sampling was stopped, the oldest first. */
  get underWay(): AbandonedSample[] {
    return this.#underWay.toSorted((one, other) => other.ageMs - one.ageMs);
  }

  /** Samples that were not due yet when sampling was stopped. */
  get notBegun(): number {
    return this.asked - this.samples - this.#underWay.length;
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
    return { noun: 'sample', total: this.samples, judged: this.judged, timed: this.timed, overdueMs };
  }
}
