import type { Counter, CounterBlock, Histogram } from '@echo-daytime/link';
import { type Outcome, outcomes } from './outcome.ts';

import { type Phase, phases } from './sample.ts';
import type { Target } from './target.ts';
import type { Sample, SampleObserver } from './watch-target.ts';

/** From a hop through the loopback to a timeout, seconds. */
const BOUNDS_S = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  10,
];

interface TargetCounters {
  readonly samples: Record<Outcome, Counter>;
  readonly rtt: Histogram;
  readonly phases: Record<Phase, Histogram>;
  readonly up: Counter;
  readonly duplicates: Counter;
  readonly reordered: Counter;
}

/** The metrics of the probe: those of each target, in their order, and its own. */
export interface ProbeCounters {
  readonly targets: readonly TargetCounters[];
  readonly scheduleLag: Histogram;
}

export function declareProbeCounters(block: CounterBlock, targets: readonly Target[]): ProbeCounters {
  return {
    targets: targets.map((target) => declareTarget(block, target)),
    scheduleLag: block.histogram(
      'l4_probe_schedule_lag_seconds',
      'How late samples started: a measure of the probe itself, not of its targets.',
      BOUNDS_S,
    ),
  };
}

function declareTarget(block: CounterBlock, { name, protocol, flow }: Target): TargetCounters {
  const labels = { target: name, protocol, flow };
  const samples = block.countersBy(
    'outcome',
    outcomes,
    'l4_probe_samples_total',
    'Samples by what became of them.',
    labels,
  );
  const rtt = block.histogram(
    'l4_probe_rtt_seconds',
    'From the due time of a sample to the complete and right answer, late ones included.',
    BOUNDS_S,
    labels,
  );
  const times = phases.map((phase) => {
    const help = 'How long the phases of samples took; total is from the start to the complete answer.';
    return [phase, block.histogram('l4_probe_phase_seconds', help, BOUNDS_S, { ...labels, phase })];
  });
  const up = block.gauge('l4_probe_up', '1 when the last sample was ok, else 0.', labels);
  const duplicates = 'Answers that came once more, UDP only.';
  const reordered = 'Answers that came after the answer to a later sample, UDP only.';
  return {
    samples,
    rtt,
    phases: Object.fromEntries(times) as Record<Phase, Histogram>,
    up,
    duplicates: block.counter('l4_probe_duplicates_total', duplicates, labels),
    reordered: block.counter('l4_probe_reordered_total', reordered, labels),
  };
}

/** Counts one target's samples. */
export function countSamples({ targets, scheduleLag }: ProbeCounters, index: number): SampleObserver {
  const counters = targets[index]!;
  let judged = -1;
  return {
    sample({ sequence, outcome, rttMs, lagMs, phases: times }: Sample) {
      counters.samples[outcome].increment();
      scheduleLag.observe(lagMs / 1000);
      if (rttMs !== undefined) counters.rtt.observe(rttMs / 1000);
      for (const phase of phases) {
        const time = times[phase];
        if (time !== undefined) counters.phases[phase].observe(time / 1000);
      }
      // A sample that waited long for nothing ends after later ones, whose news is newer.
      if (sequence > judged && outcome !== 'prober_late') {
        judged = sequence;
        counters.up.set(outcome === 'ok' ? 1 : 0);
      }
    },
    duplicates: (count) => counters.duplicates.add(count),
    reordered: () => counters.reordered.increment(),
  };
}
