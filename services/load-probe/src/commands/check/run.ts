import { openTcpInfo, TcpInfo } from '@echo-daytime/linux';
import { allHeld, type Gate, judge } from '../../cli/gates.ts';
import { openUdpEngine } from '../../net/udp-engine.ts';
import { systemClock } from '../../sampling/clock.ts';
import { startProbing } from '../../sampling/probing.ts';
import type { Sample } from '../../sampling/sampler.ts';
import { type FoundTarget, findPeers } from '../../targets/discovery/find-peers.ts';
import { isUdp } from '../../targets/protocol.ts';
import type { Target } from '../../targets/target.ts';
import type { CheckOptions } from './options.ts';
import { judgeResponders } from './responders-gate.ts';
import { Tally } from './tally.ts';

export interface CheckResult {
  /** Whether it was stopped before all samples were taken. */
  readonly interrupted: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  /** One for each flow of each target. */
  readonly targets: readonly Tally[];
  readonly gates: readonly Gate[];
  /** The smallest share of samples that must have measured the target, 0 to 1. */
  readonly minMeasured: number;
}

/**
 * Takes all samples of all targets at the same time. A target with `discover` is replaced by its current addresses.
 * Aborting `signal` ends the check with the samples so far.
 */
export async function check(
  { targets, count, limits, minMeasured, responders }: CheckOptions,
  signal: AbortSignal,
): Promise<CheckResult> {
  const startedAt = systemClock.epoch();
  const startMs = systemClock.now();
  const found = await findTargets(targets, signal);
  const counted = found.map(({ target, problem }) => ({
    tally: new Tally(target, problem === undefined ? count : 1),
    problem,
  }));
  const probed = counted.filter(({ problem }) => problem === undefined).map(({ tally }) => tally);
  const assignments = probed.map((tally, index) => ({
    target: tally.target,
    index,
    of: probed.length,
    observer: tally,
  }));
  for (const { tally, problem } of counted) {
    if (problem !== undefined) tally.sample(lookupFailure(problem));
  }
  const tallies = counted.map(({ tally }) => tally);
  const isAnyUdp = probed.some(({ target }) => isUdp(target.protocol));
  const isAnyTcp = probed.some(({ target }) => !isUdp(target.protocol));
  const udp = await openUdpEngine(isAnyUdp ? 'auto' : 'dgram');
  const opened = isAnyTcp ? openTcpInfo() : undefined;
  const tcpInfo = opened instanceof TcpInfo ? opened : undefined;
  const probing = startProbing(assignments, { clock: systemClock, count, udp, tcpInfo });
  const abort = (): void => probing.abort();
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  await probing.finished;
  signal.removeEventListener('abort', abort);
  const gated = tallies.map(({ target, measures, evidence }) => ({ id: target.id, measures, evidence }));
  const asked = tallies.flatMap(({ target, samples, who }) => (who ? [{ id: target.id, samples, who }] : []));
  return {
    interrupted: tallies.some(({ samples, asked }) => samples < asked),
    startedAt,
    elapsedMs: systemClock.now() - startMs,
    targets: tallies,
    gates: [
      ...limits.map((limit) => judge(limit, gated, minMeasured)),
      ...(responders ? [judgeResponders(responders, responders.text, asked, minMeasured)] : []),
    ],
    minMeasured,
  };
}

async function findTargets(targets: readonly Target[], signal: AbortSignal): Promise<FoundTarget[]> {
  try {
    return await findPeers(targets, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    // The check was stopped: no sample is taken, and the report says so.
    return targets.map((target) => ({ target }));
  }
}

/** The sample of a target whose addresses could not be looked up. */
function lookupFailure(detail: string): Sample {
  const at = systemClock.epoch();
  return { sequence: 0, at, outcome: 'dns', detail, rttMs: undefined, lagMs: 0, phases: {} };
}

export function hasHeld({ gates }: CheckResult): boolean {
  return allHeld(gates);
}
