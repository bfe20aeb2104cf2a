import { openTcpInfo, TcpInfo } from '@echo-daytime/linux';
import { type Gate, judge, type Limit } from '../cli/gates.ts';
import { openUdpEngine } from '../net/udp-engine.ts';
import { systemClock } from '../sampling/clock.ts';
import { startProbing, type Watching } from '../sampling/probing.ts';
import type { Sample } from '../sampling/sampler.ts';
import { type FoundTarget, findPeers } from '../targets/discovery/find-peers.ts';
import { isUdp } from '../targets/protocol.ts';
import type { Target } from '../targets/target.ts';
import type { Tally } from './tally.ts';

export interface StartedSeries<Counted extends Tally> {
  /** One for each flow of each target. */
  readonly tallies: readonly Counted[];
  readonly probing: Watching;
}

export interface StartOptions<Counted extends Tally> {
  /** Number of samples of each series; Infinity = until stopped. */
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
  const tallies: Counted[] = [];
  const probed: Counted[] = [];
  for (const { target, problem } of found) {
    const tally = tallyOf(target, problem === undefined ? count : 1);
    tallies.push(tally);
    if (problem === undefined) probed.push(tally);
    else tally.sample(lookupFailure(problem));
  }
  const assignments = probed.map((tally, index) => ({
    target: tally.target,
    index,
    of: probed.length,
    observer: tally,
  }));
  const isAnyUdp = probed.some(({ target }) => isUdp(target.protocol));
  const isAnyTcp = probed.some(({ target }) => !isUdp(target.protocol));
  const udp = await openUdpEngine(isAnyUdp ? 'auto' : 'dgram');
  const opened = isAnyTcp ? openTcpInfo() : undefined;
  const tcpInfo = opened instanceof TcpInfo ? opened : undefined;
  return { tallies, probing: startProbing(assignments, { clock: systemClock, count, udp, tcpInfo }) };
}

/** Judges all series by each limit. */
export function judgeSeries(
  tallies: readonly Tally[],
  limits: readonly Limit[],
  minMeasured: number,
): Gate[] {
  const gated = tallies.map(({ target, measures, evidence }) => ({ id: target.id, measures, evidence }));
  return limits.map((limit) => judge(limit, gated, minMeasured));
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
function lookupFailure(detail: string): Sample {
  const at = systemClock.epoch();
  return { sequence: 0, at, outcome: 'dns', detail, rttMs: undefined, lagMs: 0, phases: {} };
}
