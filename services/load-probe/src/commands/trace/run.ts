import type { IpAddress } from '@echo-daytime/addresses';
import { alternateFamilies, type FailedAddress, hasFailed } from '../../net/each-address.ts';
import { lookUp } from '../../net/resolve.ts';
import { type Parting, partingOf } from '../../net/walk/parting.ts';
import { type Walk, walk } from '../../net/walk/walk.ts';
import type { Clock } from '../../sampling/clock.ts';
import { hostPort } from '../../targets/target.ts';
import type { TraceOptions } from './options.ts';

/** How long the lookup of the name may take, milliseconds. */
const LOOKUP_TIMEOUT_MS = 5_000;

export interface TraceLimits {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface Traced {
  /** `host:port` */
  readonly remote: string;
  /** Addresses of the name before this one, to which the way did not lead. */
  readonly failed: readonly FailedAddress[];
  readonly walk: Walk;
  /** The flow of `--against`, or why it could not be walked, and where the two part. */
  readonly second?: Walk | { readonly problem: string } | undefined;
  readonly parting?: Parting | undefined;
  readonly isInterrupted: boolean;
}

export type TraceResult = Traced | { readonly problem: string };

/** Finds the hops to the first address that answers; where none does, to the first. */
export async function trace(options: TraceOptions, limits: TraceLimits): Promise<TraceResult> {
  try {
    const { addresses, failure } = await lookUp(options.target.host, {
      ...limits,
      timeoutMs: LOOKUP_TIMEOUT_MS,
    });
    return failure
      ? { problem: failure.detail }
      : await traceOver(alternateFamilies(addresses), options, limits);
  } catch (error) {
    if (!limits.signal.aborted) throw error;
    return { problem: 'stopped' };
  }
}

interface Way extends Pick<Traced, 'remote' | 'walk'> {
  readonly address: IpAddress;
}

async function traceOver(
  addresses: readonly IpAddress[],
  options: TraceOptions,
  limits: TraceLimits,
): Promise<TraceResult> {
  const failed: FailedAddress[] = [];
  const ways: Way[] = [];
  for (const address of addresses) {
    const remote = hostPort(address.address, options.target.port);
    const walked = await walkTo(address, options.sourcePort, options, limits);
    if (hasFailed(walked)) {
      failed.push({ address, failure: walked.failure });
      continue;
    }
    const way = { address, remote, walk: walked };
    if (walked.end === 'target' || limits.signal.aborted) return compare(way, failed, options, limits);
    ways.push(way);
    failed.push({ address, failure: { detail: `no answer from ${remote}` } });
  }
  const [first] = ways;
  if (first === undefined) return { problem: failed.map(({ failure }) => failure.detail).join('; ') };
  // None answers, so that no address is worse than the one that is told.
  return compare(first, [], options, limits);
}

async function compare(
  way: Way,
  failed: readonly FailedAddress[],
  options: TraceOptions,
  limits: TraceLimits,
): Promise<Traced> {
  const traced = { remote: way.remote, walk: way.walk, failed };
  const { against } = options;
  if (against === undefined || limits.signal.aborted)
    return { ...traced, isInterrupted: limits.signal.aborted };
  const second = await walkTo(way.address, against, options, limits);
  const isInterrupted = limits.signal.aborted;
  if (hasFailed(second)) return { ...traced, second: { problem: second.failure.detail }, isInterrupted };
  return { ...traced, second, parting: partingOf(way.walk, second), isInterrupted };
}

function walkTo(
  address: IpAddress,
  sourcePort: number,
  { count, maxHops, target, timeoutMs }: TraceOptions,
  limits: TraceLimits,
): ReturnType<typeof walk> {
  const { dscp, port, protocol } = target;
  return walk({ ...limits, protocol, address, port, sourcePort, dscp, maxHops, count, timeoutMs });
}
