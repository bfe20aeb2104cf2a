import type { IpAddress } from '@echo-daytime/addresses';
import { alternateFamilies, type FailedAddress, hasFailed } from '../../net/each-address.ts';
import { type FlowFailure, flowFailure } from '../../net/failure.ts';
import { markProblem } from '../../net/mark.ts';
import { lookUp } from '../../net/resolve.ts';
import type { UdpEngine } from '../../net/udp-socket.ts';
import { StallWatch } from '../../sampling/stall-watch.ts';
import { isUdp } from '../../targets/protocol.ts';
import { hostPort } from '../../targets/target.ts';
import { findParting, type PathParting, type PathsLimits } from './find-parting.ts';
import { type PathsOptions, SIZE_BYTES } from './options.ts';
import type { FlowsOptions, SourceEvents, SourceFlows } from './source-flows.ts';
import { Sweep, type Swept } from './sweep.ts';
import { TcpFlows } from './tcp-flows.ts';
import { UdpFlows } from './udp-flows.ts';

/** How long the lookup of the name may take, milliseconds. */
const LOOKUP_TIMEOUT_MS = 5_000;

export interface FoundPaths extends Swept {
  readonly address: IpAddress;
  /** `host:port` */
  readonly remote: string;
  /** Addresses of the name before this one, none of whose samples was answered. */
  readonly failed: readonly FailedAddress[];
  /** Where ports are bad: where the ways of a bad one and a good one part, or why that is not known. */
  readonly parting?: PathParting | { readonly unknown: string };
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
}

export type PathsResult = FoundPaths | { readonly problem: string };

/** Sweeps the source ports to the first address that answers; where none does, to the first. */
export async function findPaths(options: PathsOptions, limits: PathsLimits): Promise<PathsResult> {
  const { clock, signal } = limits;
  const startedAt = clock.epoch();
  const startMs = clock.now();
  const failed: FailedAddress[] = [];
  try {
    const found = await lookUp(options.target.host, { ...limits, timeoutMs: LOOKUP_TIMEOUT_MS });
    if (found.failure) return { problem: found.failure.detail };
    const silent: Omit<FoundPaths, 'failed' | 'elapsedMs'>[] = [];
    for (const address of alternateFamilies(found.addresses)) {
      const remote = hostPort(address.address, options.target.port);
      const swept = await sweepTo(address, options, limits);
      if (hasFailed(swept)) {
        failed.push({ address, failure: swept.failure });
        continue;
      }
      const { ports } = options;
      if (swept.tallies.length === 0) {
        const range = `${ports[0]} to ${ports.at(-1)}`;
        return {
          problem: `every source port from ${range} is taken on this host; give another --first-port`,
        };
      }
      const paths = { ...swept, address, remote, startedAt };
      if (isAnswered(swept) || signal.aborted) {
        const parting = swept.verdict.bad.length > 0 && (await findParting(paths, options, limits));
        const elapsedMs = clock.now() - startMs;
        return { ...paths, failed, ...(parting && { parting }), elapsedMs };
      }
      silent.push(paths);
      failed.push({ address, failure: { detail: `no answer from ${remote}` } });
    }
    const [first] = silent;
    if (first) return { ...first, failed: [], elapsedMs: clock.now() - startMs };
    return { problem: failed.map(({ failure }) => failure.detail).join('; ') };
  } catch (error) {
    if (!signal.aborted) throw error;
    return { problem: 'stopped before a sample was sent' };
  }
}

export function isAnswered({ tallies }: Pick<Swept, 'tallies'>): boolean {
  return tallies.some(({ lost, sent }) => lost < sent);
}

async function sweepTo(
  address: IpAddress,
  options: PathsOptions,
  { clock, signal, udp }: PathsLimits,
): Promise<Swept | { readonly failure: FlowFailure }> {
  const { count, ports, rate, target, timeoutMs } = options;
  const stalls = new StallWatch(clock);
  const open = (events: SourceEvents): Promise<SourceFlows | { readonly failure: FlowFailure }> =>
    openFlows(udp, ports, { address, clock, events, sizeBytes: SIZE_BYTES, stalls, target, timeoutMs });
  try {
    return await new Sweep({ ports, count, rate, clock, signal, open }).run();
  } finally {
    stalls.close();
  }
}

async function openFlows(
  udp: UdpEngine,
  ports: readonly number[],
  options: FlowsOptions,
): Promise<SourceFlows | { readonly failure: FlowFailure }> {
  const { target } = options;
  const problem = markProblem(target, udp);
  if (problem !== undefined) return { failure: flowFailure('local', problem) };
  return isUdp(target.protocol) ? UdpFlows.open(udp, ports, options) : new TcpFlows(options);
}
