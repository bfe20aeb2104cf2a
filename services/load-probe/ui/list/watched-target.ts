import type { FailureNote, TargetState, TargetStatus } from '../../src/monitor/status/types.ts';

/** A target as the page shows it: one name, and a series of samples for each flow. Each peer is a target too. */
export interface WatchedTarget {
  /** Of a peer with its address: `udp @ 10.0.0.7`. */
  readonly name: string;
  readonly url: string;
  /** The address of a target that was discovered. */
  readonly peer: string | null;
  /** At least one; fresh before sticky. */
  readonly series: readonly TargetStatus[];
}

/**
 * `old-flow-dead`: the sticky flow fails while fresh ones are fine. `new-flows-fail`: the other way round.
 * Each points at another culprit than a target that is simply down.
 * `bad-path`: some source ports of a sweep are bad and others are not, so its last sample says little.
 */
export type Condition = TargetState | 'old-flow-dead' | 'new-flows-fail' | 'bad-path';

/** The targets of a report, in the order in which each is first named. */
export function watchedTargets(statuses: readonly TargetStatus[]): WatchedTarget[] {
  const byName = Map.groupBy(statuses, ({ name, peer }) => JSON.stringify([name, peer]));
  return [...byName.values()].map((unsorted) => {
    const series = unsorted.toSorted((one, other) => flowOrder(one) - flowOrder(other));
    const [{ id, name, peer, url }] = series as [TargetStatus];
    return { name: peer === null ? name : id, url, peer, series };
  });
}

function flowOrder({ flow }: TargetStatus): number {
  return flow === 'fresh' ? 0 : 1;
}

export function conditionOf({ series }: WatchedTarget): Condition {
  const [one, other] = series;
  // Where nothing comes through any more, the target is down.
  const isBad = ({ sweep, window }: TargetStatus): boolean => (sweep?.bad.length ?? 0) > 0 && window.ok > 0;
  if (series.some(isBad)) return 'bad-path';
  if (one!.state === 'up' && other?.state === 'down') return 'old-flow-dead';
  if (one!.state === 'down' && other?.state === 'up') return 'new-flows-fail';
  return byBadness.find((condition) => series.some(({ state }) => state === condition)) ?? 'up';
}

const byBadness = ['down', 'leaked', 'untested', 'pending', 'blocked'] as const;

/** What is shown in green, in red, and in neither. */
export type ShownState = 'up' | 'down' | 'pending';

/** How bad that is: part of a target down is as red as the whole. */
export function stateOf(condition: Condition): ShownState {
  switch (condition) {
    case 'up':
    case 'blocked':
      return 'up';
    case 'pending':
    case 'untested':
      return 'pending';
    default:
      return 'down';
  }
}

/** A failure and the series it is of. */
export interface SeriesFailure extends FailureNote {
  readonly flow: TargetStatus['flow'];
}

/** Newest first. */
export function failuresOf({ series }: WatchedTarget): SeriesFailure[] {
  return series
    .flatMap(({ flow, failures }) => failures.map((failure) => ({ ...failure, flow })))
    .sort((one, other) => other.at - one.at);
}
