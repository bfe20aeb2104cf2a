import type { CauseSpec } from './cause-spec.ts';
import { causesOfHost } from './causes-of-host.ts';
import { causesOfPath } from './causes-of-path.ts';

/** Every cause that has a name, in the order of the way of a packet: of several the first is named. */
export const causes = {
  prober_starved: {
    layer: 'prober',
    means: "the probe's own machine has no time for it",
    advice: 'give the probe more CPU, or run it elsewhere; what it measured says nothing of the target',
    weight: 0.5,
    predicts: {
      prober: { late: 1 },
      reply: { all: 0.6, some_lost: 0.3, no_answer: 0.05, no_connection: 0.05 },
      delay: { short: 0.6, long_path: 0.2, long_service: 0.2 },
      flows: { alike: 0.6, old_worse: 0.2, new_worse: 0.2 },
      rate: { alike: 0.6, lost_above: 0.4 },
      load_delay: { flat: 0.5, grows: 0.5 },
    },
  },
  ...causesOfPath,
  ...causesOfHost,
  healthy: {
    layer: null,
    means: 'nothing is wrong beyond the noise that this run can resolve',
    advice: 'nothing; a fault that comes and goes is seen by monitor',
    weight: 10,
    predicts: {},
  },
} as const satisfies Readonly<Record<string, CauseSpec>>;

export type Cause = keyof typeof causes;
export const causeNames = Object.keys(causes) as Cause[];

export function causeSpec(cause: Cause): CauseSpec {
  return causes[cause];
}
