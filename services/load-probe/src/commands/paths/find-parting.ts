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
/** How long a hop may take to answer, milliseconds. */
const HOP_TIMEOUT_MS = 1_000;

export interface PathsLimits {
  readonly clock: Clock;
  readonly udp: UdpEngine;
  readonly signal: AbortSignal;
}

/** Where the ways of a good and a bad source port part. */
export interface PathParting {
  readonly ttl: number;
  /** The address of each there; null where it is silent from there on. */
  readonly good: string | null;
  readonly bad: string | null;
  readonly goodPort: number;
  readonly badPort: number;
}

/** Walks the flow of a good and of a bad source port to the hop at which they part. */
export async function findParting(
  { address, verdict }: { readonly address: IpAddress; readonly verdict: JudgedPorts },
  { target }: PathsOptions,
  { clock, signal }: PathsLimits,
): Promise<PathParting | { readonly unknown: string }> {
  const [badPort, goodPort] = portsToCompare(verdict);
  const { dscp, port, protocol } = target;
  const flow = { protocol, address, port, dscp, count: PROBES, timeoutMs: HOP_TIMEOUT_MS, clock, signal };
  const good = await walk({ ...flow, sourcePort: goodPort, maxHops: MAX_HOPS });
  if (hasFailed(good)) return { unknown: good.failure.detail };
  // Behind the hop at which the good one ends there is nothing to compare.
  const bad = await walk({ ...flow, sourcePort: badPort, maxHops: good.hops.length });
  if (hasFailed(bad)) return { unknown: bad.failure.detail };
  const parting = partingOf(good, bad);
  if (parting === undefined) return { unknown: 'every hop that answers is the same for both' };
  return { ttl: parting.ttl, good: parting.one, bad: parting.other, goodPort, badPort };
}

/** The first bad port and the first good one, which are to be compared. */
export function portsToCompare({ bad, groups, unclear }: JudgedPorts): readonly [number, number] {
  const good = groups[0]!.ports.find((port) => !unclear.includes(port)) ?? groups[0]!.ports[0]!;
  return [bad[0]!, good];
}
