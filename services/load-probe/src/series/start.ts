import { openTcpInfo, TcpInfo } from '@echo-daytime/linux';
import { type Gate, judge, type Limit } from '../cli/gates.ts';
import { openUdpEngine } from '../net/udp-engine.ts';
import { systemClock } from '../sampling/clock.ts';
import { startProbing, type Watching } from '../sampling/probing.ts';
import type { Sample } from '../sampling/sampler.ts';
import { type FoundTarget, findPeers } from '../targets/discovery/find-peers.ts';
import { isUdp } from '../targets/protocol.ts';
import type { Target } from '../targets/target.ts';
import { judgeBlocked } from './blocked-gate.ts';
import type { Tally } from './tally.ts';

export interface StartedSeries<Counted extends Tally> {
  /** One for each flow of each target. */
  readonly tallies: readonly Counted[];
  readonly probing: Watching;
}

export interface StartOptions<Counted extends Tally> {
  /** Number of samples of each series, controls have some more; Infinity = until stopped. */
  readonly count: number;
  /** Aborts the lookups of targets with `discover`. */
  readonly signal: AbortSignal;
  /** @param asked number of samples, 1 where the only one is the lookup that failed */
  tallyOf(target: Target, asked: number): Counted;
}

/**
 * Starts to take samples of all targets at the same time. A target with `discover` is replaced by its current addresses;
 * where they can't be looked up, that is its only sample.
 */
export async function startSeries<Counted extends Tally>(
  targets: readonly Target[],
  { count, signal, tallyOf }: StartOptions<Counted>,
): Promise<StartedSeries<Counted>> {
  const found = await findTargets(targets, signal);
  const counts = controlCounts(found, count);
  const tallies: Counted[] = [];
  const probed: Counted[] = [];
  for (const { target, problem } of found) {
    const tally = tallyOf(target, problem === undefined ? (counts.get(target.id) ?? count) : 1);
    tallies.push(tally);
    if (problem === undefined) probed.push(tally);
    else tally.sample(lookupFailure(target, problem));
  }
  const assignments = probed.map((tally, index) => ({
    target: tally.target,
    index,
    of: probed.length,
    observer: tally,
    count: tally.asked,
  }));
  const isAnyUdp = probed.some(({ target }) => isUdp(target.protocol));
  const isAnyTcp = probed.some(({ target }) => !isUdp(target.protocol));
  const udp = await openUdpEngine(isAnyUdp ? 'auto' : 'dgram');
  const opened = isAnyTcp ? openTcpInfo() : undefined;
  const tcpInfo = opened instanceof TcpInfo ? opened : undefined;
  return { tallies, probing: startProbing(assignments, { clock: systemClock, udp, tcpInfo }) };
}

/** Judges all series by each limit, but those that must be blocked by that alone. */
export function judgeSeries(
  tallies: readonly Tally[],
  limits: readonly Limit[],
  minMeasured: number,
): Gate[] {
  const blocked = tallies.filter(({ target }) => target.expect);
  const gated = tallies
    .filter(({ target }) => !target.expect)
    .map(({ target, measures, evidence }) => ({ id: target.id, measures, evidence }));
  return [
    ...limits.map((limit) => judge(limit, gated, minMeasured)),
    ...(blocked.length > 0 ? [judgeBlocked(blocked, minMeasured)] : []),
  ];
}

async function findTargets(targets: readonly Target[], signal: AbortSignal): Promise<FoundTarget[]> {
  try {
    return await findPeers(targets, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    // Stopped before the first sample: none is taken, and the report says so.
    return targets.map((target) => ({ target }));
  }
}

/** The sample of a target whose addresses could not be looked up. */
function lookupFailure({ expect }: Target, problem: string): Sample {
  const at = systemClock.epoch();
  const failed = expect
    ? ({ outcome: 'untested', detail: `dns: ${problem}` } as const)
    : ({ outcome: 'dns', detail: problem } as const);
  return { sequence: 0, at, ...failed, rttMs: undefined, lagMs: 0, phases: {} };
}

/** By the id of each control: how many samples it takes, so that there is one before and after each that it is for. */
function controlCounts(found: readonly FoundTarget[], count: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { target } of found) {
    const { intervalMs, provenBy } = target;
    if (!provenBy) continue;
    // The first samples of both are spread over no more than an interval, and one may be missed at either end.
    const needed = Math.ceil((count * intervalMs) / provenBy.intervalMs) + 3;
    counts.set(provenBy.id, Math.max(needed, counts.get(provenBy.id) ?? 0));
  }
  return counts;
}
