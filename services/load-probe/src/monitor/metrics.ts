import type { Counter, CounterBlock, Histogram, HistogramScale, Labels } from '@echo-daytime/worker';
import { familyLabel, familyLabels } from '../net/family.ts';
import type { MarkField } from '../net/mark-changes.ts';
import type { SynField } from '../net/syn-changes.ts';
import { blockedOutcomes, type Outcome, outcomes } from '../sampling/outcome.ts';
import { type Phase, phases } from '../sampling/sample.ts';
import type { Sample, SampleObserver } from '../sampling/sampler.ts';
import { type LossDirection, lossDirections } from '../sampling/sticky/loss-direction.ts';
import { Jitter } from '../stats/jitter.ts';
import { flowDeathCauses } from '../targets/flow.ts';
import { isUdp } from '../targets/protocol.ts';
import { type Target, tellsDirection, tellsMark } from '../targets/target.ts';
import {
  type ChangeCounters,
  countChanges,
  declareMarkCounters,
  declareSynCounters,
} from './change-metrics.ts';
import { type MetricsDetail, SCHEDULE_LAG, shownOf } from './metrics-detail.ts';
import type { FlowDeathCause } from './status/types.ts';

/** The counters of a worker that belong to no single target. */
export interface WorkerCounters {
  readonly scheduleLag: Histogram;
}

export function declareWorkerCounters(block: CounterBlock): WorkerCounters {
  const help = 'How late samples started. It measures the probe itself, not its targets.';
  return { scheduleLag: block.histogram('l4_probe_schedule_lag_seconds', help, SCHEDULE_LAG) };
}

const SAMPLES = 'Samples by outcome.';

export interface TargetCounters {
  readonly samples: Record<Outcome, Counter>;
  readonly rtt?: Histogram;
  /** UDP only. */
  readonly wireRtt?: Histogram;
  /** STAMP only: the sum over all samples of `rtt`. */
  readonly reflector?: Counter;
  readonly jitter?: Histogram;
  readonly phases?: Partial<Record<Phase, Histogram>>;
  readonly up?: Counter;
  /** Targets that must be blocked: this, `samples`, `lost`, and no others. */
  readonly blocked?: Counter;
  /** TCP only. */
  readonly retransmitted?: Counter;
  /** UDP and sticky flows. */
  readonly duplicates?: Counter;
  /** UDP and sticky flows. */
  readonly reordered?: Counter;
  /** Sticky flows of STAMP. */
  readonly lost?: Record<LossDirection, Counter>;
  /** Sticky flows of STAMP. */
  readonly affinityBreaks?: Counter;
  /** Targets with a name. */
  readonly addressesFailed?: Record<(typeof familyLabels)[number], Counter>;
  /** Sticky flows only. */
  readonly ageAtDeath?: Record<FlowDeathCause, Histogram>;
  /** Session targets only. */
  readonly clock?: { readonly offset: Counter; readonly error: Counter };
  /** Sweeps only. */
  readonly sweep?: { readonly ports: Counter; readonly badPorts: Counter };
  /** Targets with `syn` only. */
  readonly syn?: ChangeCounters<SynField>;
  /** STAMP targets with `dscp` only. */
  readonly mark?: ChangeCounters<MarkField>;
}

/** The labels of every series of a target. */
export function targetLabels({ name, protocol, flow, peer }: Target): Labels {
  return { target: name, protocol, flow, ...(peer !== undefined && { peer }) };
}

/**
 * The counters of one target, without its labels. They have their own block, because targets come and go. Targets of one
 * `kindOf` have the same.
 *
 * @param hasTcpInfo whether the kernel tells of TCP connections: what is not counted is not shown as 0
 */
export function declareTargetCounters(
  block: CounterBlock,
  target: Target,
  detail: MetricsDetail,
  hasTcpInfo: boolean,
): TargetCounters {
  const { expect, protocol, flow } = target;
  if (expect === 'blocked') return declareBlocked(block, target);
  const shown = shownOf(target, detail);
  const { scales } = shown;
  const rtt = 'Time from when a sample was due to its complete and correct reply, late replies included.';
  const wireRtt =
    "Time between the kernel's timestamps of a UDP request and of its correct reply, where it has both.";
  const reflector =
    'Sum of the times that a STAMP reflector took, for the samples that have a round-trip time.';
  const affinity = 'Answers on a sticky STAMP flow from another responder than the one before.';
  const jitter = 'Absolute difference between the round-trip times of consecutive samples.';
  const phaseTimes = 'Duration of each phase of a sample. total runs from its start to the complete reply.';
  const retransmitted = 'Samples over TCP during which the probe sent a segment again, SYNs included.';
  const duplicates = 'Replies received more than once, over UDP and on sticky flows.';
  const failed = 'Addresses that refused or did not reply while another address of the same name worked.';
  const reordered = 'Replies received after the reply to a later sample, over UDP and on sticky flows.';
  return {
    samples: block.countersBy('outcome', outcomes, 'l4_probe_samples_total', SAMPLES, {}, shown.outcomes),
    rtt: block.histogram('l4_probe_rtt_seconds', rtt, scales.rtt),
    ...(isUdp(protocol) && {
      wireRtt: block.histogram('l4_probe_wire_rtt_seconds', wireRtt, scales.rtt),
    }),
    ...(protocol === 'stamp-udp' && {
      reflector: block.counter('l4_probe_reflector_seconds_total', reflector),
    }),
    jitter: block.histogram('l4_probe_jitter_seconds', jitter, scales.jitter),
    phases: byName(shown.phases, (phase) =>
      block.histogram('l4_probe_phase_seconds', phaseTimes, scales.phase, { phase }),
    ),
    up: block.gauge('l4_probe_up', '1 when the last sample was ok, else 0.'),
    ...(!isUdp(protocol) && {
      retransmitted: block.counter('l4_probe_retransmitted_samples_total', retransmitted, {}, hasTcpInfo),
    }),
    ...(shown.repeated && {
      duplicates: block.counter('l4_probe_duplicates_total', duplicates),
      reordered: block.counter('l4_probe_reordered_total', reordered),
    }),
    ...(tellsDirection(target) && {
      lost: declareLost(block),
      affinityBreaks: block.counter('l4_probe_affinity_breaks_total', affinity),
    }),
    ...(shown.severalAddresses && {
      addressesFailed: block.countersBy(
        'family',
        familyLabels,
        'l4_probe_addresses_failed_total',
        failed,
        {},
      ),
    }),
    ...(flow === 'sticky' && { ageAtDeath: declareDeaths(block, scales.ageAtDeath) }),
    ...(protocol === 'session-tcp' && { clock: declareClock(block) }),
    ...(flow === 'sweep' && { sweep: declareSweep(block) }),
    ...(target.syn && { syn: declareSynCounters(block) }),
    ...(tellsMark(target) && { mark: declareMarkCounters(block) }),
  };
}

/** A target that must be blocked has no round trips. Without `up`, no alert of other paths is about it. */
function declareBlocked(block: CounterBlock, target: Target): TargetCounters {
  const blocked = 'Targets that must be blocked: 1 when the last sample was blocked, else 0.';
  return {
    samples: block.countersBy('outcome', outcomes, 'l4_probe_samples_total', SAMPLES, {}, blockedOutcomes),
    blocked: block.gauge('l4_probe_blocked', blocked),
    ...(tellsDirection(target) && { lost: declareLost(block) }),
  };
}

function declareLost(block: CounterBlock): Record<LossDirection, Counter> {
  const help = 'Lost samples whose direction is known, from the numbers of a STAMP reflector.';
  return block.countersBy('direction', lossDirections, 'l4_probe_lost_total', help, {});
}

function declareDeaths(block: CounterBlock, ages: HistogramScale): Record<FlowDeathCause, Histogram> {
  const help = 'Age of sticky flows when they died, by cause.';
  return byName(flowDeathCauses, (cause) =>
    block.histogram('l4_probe_flow_age_at_death_seconds', help, ages, { cause }),
  );
}

function declareSweep(block: CounterBlock) {
  const ports = 'Source ports of a sweep that its last samples came from.';
  const bad = 'Source ports of a sweep that lose more of their samples than the others, beyond chance.';
  return {
    ports: block.gauge('l4_probe_ports', ports),
    badPorts: block.gauge('l4_probe_bad_ports', bad),
  };
}

function declareClock(block: CounterBlock) {
  const offset =
    "The target's clock minus the probe's clock, accurate to within l4_probe_clock_error_seconds.";
  const error =
    'Half the round-trip time of the request that measured the clock offset; +Inf before the first one.';
  return {
    offset: block.gauge('l4_probe_clock_offset_seconds', offset),
    error: block.gauge('l4_probe_clock_error_seconds', error),
  };
}

/** Sets the metrics whose initial value must not be 0, in a new block. */
export function initializeTargetCounters({ clock }: TargetCounters): void {
  clock?.error.set(Number.POSITIVE_INFINITY);
}

/** Counts one target's samples. */
export function countSamples(counters: TargetCounters, { scheduleLag }: WorkerCounters): SampleObserver {
  const jitter = new Jitter();
  let judged = -1;
  return {
    sample({ sequence, outcome, reflectorMs, rttMs, tcp, wireRttMs, lagMs, phases: times }: Sample) {
      counters.samples[outcome].increment();
      scheduleLag.observe(lagMs / 1000);
      if (rttMs !== undefined) {
        counters.rtt?.observe(rttMs / 1000);
        // Negative where its clock was set back meanwhile.
        if (reflectorMs !== undefined) counters.reflector?.add(reflectorMs / 1000);
        const change = jitter.add(sequence, rttMs);
        if (change !== undefined) counters.jitter?.observe(change / 1000);
      }
      if (tcp && tcp.retransmits > 0) counters.retransmitted?.increment();
      if (wireRttMs !== undefined) counters.wireRtt?.observe(wireRttMs / 1000);
      for (const phase of phases) {
        const time = times[phase];
        if (time !== undefined) counters.phases?.[phase]?.observe(time / 1000);
      }
      // A sample that timed out ends after later samples, which show the current state.
      if (sequence > judged && outcome !== 'prober_late') {
        judged = sequence;
        counters.up?.set(outcome === 'ok' ? 1 : 0);
        counters.blocked?.set(outcome === 'blocked' ? 1 : 0);
      }
    },
    duplicates: (count) => counters.duplicates?.add(count),
    reordered: () => counters.reordered?.increment(),
    lossFound: (direction) => counters.lost?.[direction].increment(),
    affinityBroken: () => counters.affinityBreaks?.increment(),
    addressFailed: ({ address }) => counters.addressesFailed?.[familyLabel(address.family)].increment(),
    flowDied: ({ cause, ageMs }) => counters.ageAtDeath?.[cause].observe(ageMs / 1000),
    swept({ bad, ports }) {
      counters.sweep?.ports.set(ports.length);
      counters.sweep?.badPorts.set(bad.length);
    },
    synReported(report) {
      if (counters.syn) countChanges(counters.syn, report);
    },
    markReported(report) {
      if (counters.mark) countChanges(counters.mark, report);
    },
    clockRead({ offsetMs, errorMs }) {
      counters.clock?.offset.set(offsetMs / 1000);
      counters.clock?.error.set(errorMs / 1000);
    },
  };
}

function byName<Name extends string, T>(names: readonly Name[], make: (name: Name) => T): Record<Name, T> {
  return Object.fromEntries(names.map((name) => [name, make(name)])) as Record<Name, T>;
}
