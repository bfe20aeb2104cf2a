import { isIP } from 'node:net';
import type { HistogramScale } from '@echo-daytime/worker';
import { blockedOutcomes, type Outcome, outcomes } from '../sampling/outcome.ts';
import { type Phase, phases } from '../sampling/sample.ts';
import { isUdp, type Protocol } from '../targets/protocol.ts';
import { type Target, tellsMark } from '../targets/target.ts';

/**
 * `normal`: what alerts, dashboards and runbooks need, in at most 60 series for a fresh flow. `full`: everything. Every
 * series costs memory in Prometheus for each target.
 */
export const metricsDetails = ['normal', 'full'] as const;
export type MetricsDetail = (typeof metricsDetails)[number];

/** From a round trip over loopback to a timeout, seconds. */
const BOUNDS_S = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
  10,
];

/** Of times of samples: from 7.6 µs to 16 s. */
const octaves = { from: -17, to: 4 };
/** Of ages of flows: from a second to 6 days. */
const ageOctaves = { from: 0, to: 19 };

/** One for all targets, so it has all buckets. */
export const SCHEDULE_LAG: HistogramScale = { bounds: BOUNDS_S, octaves };

interface Scales {
  readonly rtt: HistogramScale;
  readonly jitter: HistogramScale;
  readonly phase: HistogramScale;
  readonly ageAtDeath: HistogramScale;
}

const scalesOf: Readonly<Record<MetricsDetail, Scales>> = {
  normal: {
    // An objective for the latency needs a bound at its limit, and few have one beyond the default timeout.
    rtt: { bounds: BOUNDS_S.filter((bound) => bound >= 0.000_1 && bound <= 2.5), octaves },
    // The jitter itself is the sum divided by the count.
    jitter: { bounds: [], octaves },
    // Which phase is slow, and whether by a lost SYN, which costs a second.
    phase: { bounds: [0.001, 0.01, 0.1, 1], octaves },
    // A minute, the 350 s of some load balancers, an hour.
    ageAtDeath: { bounds: [60, 360, 3_600], octaves: ageOctaves },
  },
  full: {
    rtt: { bounds: BOUNDS_S, octaves },
    jitter: { bounds: BOUNDS_S, octaves },
    phase: { bounds: BOUNDS_S, octaves },
    // Around usual timeouts of middleboxes: 30 s, 60 s, 350 s, 15 min, 1 h, 2 h, 5 days.
    ageAtDeath: {
      bounds: [1, 10, 30, 60, 120, 300, 360, 600, 1_000, 1_800, 3_600, 7_200, 21_600, 86_400, 432_000],
      octaves: ageOctaves,
    },
  },
};

/** Which metrics a target has. */
export interface Shown {
  /** Shown from the start; others are shown once they have happened. */
  readonly outcomes: readonly Outcome[];
  readonly phases: readonly Phase[];
  /** Whether replies can come more than once or in another order. */
  readonly repeated: boolean;
  /** Whether another address can be tried. */
  readonly severalAddresses: boolean;
  readonly scales: Scales;
}

/** Targets of one kind have the same metrics. */
export function kindOf(target: Target): string {
  const { expect, protocol, flow, host, syn } = target;
  const more = `${expect ? ' blocked' : ''}${syn ? ' syn' : ''}${tellsMark(target) ? ' mark' : ''}`;
  return `${protocol} ${flow} ${isIP(host) === 0 ? 'name' : 'address'}${more}`;
}

export function shownOf(target: Target, detail: MetricsDetail): Shown {
  const scales = scalesOf[detail];
  const hasName = isIP(target.host) === 0;
  const possible = outcomes.filter(
    (outcome) => outcome === 'prober_late' || !blockedOutcomes.some((blocked) => blocked === outcome),
  );
  if (detail === 'full')
    return { outcomes: possible, phases, repeated: true, severalAddresses: hasName, scales };
  return {
    outcomes: possible.filter((outcome) => canHappen(outcome, target, hasName)),
    phases: phases.filter((phase) => isPhaseOf(phase, target.protocol, hasName)),
    repeated: isUdp(target.protocol) || target.flow === 'sticky',
    severalAddresses: hasName,
    scales,
  };
}

/** Protocols whose wrong answers are other bytes, and those whose wrong answers can't be read. */
const withBytes: readonly Protocol[] = ['echo-tcp', 'echo-udp', 'dialog-tcp', 'stamp-udp'];
const withTime: readonly Protocol[] = ['daytime-tcp', 'daytime-udp', 'session-tcp', 'stamp-udp'];

function canHappen(outcome: Outcome, { protocol, flow }: Target, hasName: boolean): boolean {
  const [udp, answers] = [isUdp(protocol), protocol !== 'tcp'];
  switch (outcome) {
    case 'late':
    case 'lost':
      return udp || flow === 'sticky';
    case 'corrupt':
      return withBytes.includes(protocol);
    case 'malformed':
      return withTime.includes(protocol);
    case 'truncated':
      return answers && protocol !== 'daytime-udp';
    case 'closed':
    case 'read_timeout':
    case 'write_timeout':
      return answers && !udp;
    case 'reset':
    case 'connect_timeout':
      return !udp;
    case 'dns':
      return hasName;
    default:
      return true;
  }
}

/**
 * `total` is left out, because it is the round trip without the schedule lag, and so is `first_byte` over UDP, where the
 * first byte is the complete answer.
 */
function isPhaseOf(phase: Phase, protocol: Protocol, hasName: boolean): boolean {
  switch (phase) {
    case 'dns':
      return hasName;
    case 'connect':
      return !isUdp(protocol);
    case 'first_byte':
      return !isUdp(protocol) && protocol !== 'tcp';
    case 'total':
      return false;
  }
}
