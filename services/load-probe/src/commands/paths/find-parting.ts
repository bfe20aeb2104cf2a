import type { IpAddress } from '@echo-daytime/addresses';
import { hasFailed } from '../../net/each-address.ts';
import type { UdpEngine } from '../../net/udp-socket.ts';
import { partingOf } from '../../net/walk/parting.ts';
import { walk } from '../../net/walk/walk.ts';
import type { Clock } from '../../sampling/clock.ts';
import type { JudgedPorts } from '../../stats/judge-ports.ts';
import type { PathsOptions } from './options.ts';

/** Probes for each hop: on a lossy path one may get lost. */
const PROBES = 3;
const MAX_HOPS = 30;
/** Good ports, and bad ports, that are walked: that so many bad ones share a healthy hop by chance is rare. */
const MAX_WALKS = 8;
/** How long a hop may take to answer, milliseconds. */
const HOP_TIMEOUT_MS = 1_000;

export interface PathsLimits {
  readonly clock: Clock;
  readonly udp: UdpEngine;
  readonly signal: AbortSignal;
}

/** Where the ways of good and of bad source ports part. */
export interface PathParting {
  readonly ttl: number;
  /** The address of the first port of each there; null where it is silent from there on. */
  readonly good: string | null;
  readonly bad: string | null;
  readonly goodPort: number;
  readonly badPort: number;
  /** The addresses there of all ports that were walked. */
  readonly goodHops: readonly string[];
  readonly badHops: readonly string[];
}

/**
 * Walks the flow of a good and of a bad source port to the hop at which they part, and those of more ports as far: a hop
 * that good ports pass too is not to blame.
 */
export async function findParting(
  { address, verdict }: { readonly address: IpAddress; readonly verdict: JudgedPorts },
  { target }: PathsOptions,
  { clock, signal }: PathsLimits,
): Promise<PathParting | { readonly unknown: string }> {
  const { dscp, port, protocol } = target;
  const flow = { protocol, address, port, dscp, count: PROBES, timeoutMs: HOP_TIMEOUT_MS, clock, signal };
  const { bad: badPorts, good: goodPorts } = portsToCompare(verdict);
  const [badPort = 0, ...moreBad] = badPorts;
  const [goodPort = 0, ...moreGood] = goodPorts;
  const good = await walk({ ...flow, sourcePort: goodPort, maxHops: MAX_HOPS });
  if (hasFailed(good)) return { unknown: good.failure.detail };
  // Behind the hop at which the good one ends there is nothing to compare.
  const bad = await walk({ ...flow, sourcePort: badPort, maxHops: good.hops.length });
  if (hasFailed(bad)) return { unknown: bad.failure.detail };
  const parting = partingOf(good, bad);
  if (parting === undefined) return { unknown: 'every hop that answers is the same for both' };
  const { ttl } = parting;
  const hopsOf = async (first: string | null, more: readonly number[]): Promise<readonly string[]> => {
    const walks = await Promise.all(more.map((sourcePort) => walk({ ...flow, sourcePort, maxHops: ttl })));
    const others = walks.map((walked) => (hasFailed(walked) ? undefined : walked.hops[ttl - 1]?.address));
    return [...new Set([first, ...others])].filter((hop) => typeof hop === 'string');
  };
  const [goodHops, badHops] = await Promise.all([
    hopsOf(parting.one, moreGood),
    hopsOf(parting.other, moreBad),
  ]);
  const both = badHops.filter((hop) => goodHops.includes(hop));
  if (both.length > 0) {
    return {
      unknown: `good and bad ports both go by ${both.join(', ')} at hop ${ttl}, so the fault is behind there, or on the way back`,
    };
  }
  return { ttl, good: parting.one, bad: parting.other, goodPort, badPort, goodHops, badHops };
}

/** Ports to walk, first those to name. There is at least one of each. */
export function portsToCompare({ bad, groups, unclear }: JudgedPorts): {
  readonly bad: readonly number[];
  readonly good: readonly number[];
} {
  const best = groups[0]!.ports;
  const good = best.filter((port) => !unclear.includes(port));
  return { bad: spread(bad), good: spread(good.length > 0 ? good : best) };
}

/** From all over the list: neighbours may share more than the path that is sought. */
function spread(ports: readonly number[]): readonly number[] {
  const length = Math.min(ports.length, MAX_WALKS);
  return Array.from({ length }, (_, index) => ports[Math.floor((index * ports.length) / length)]!);
}
