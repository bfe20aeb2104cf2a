import { families, familyName } from '../../net/family.ts';
import { type LookupLimits, lookUpFamilies } from '../../net/resolve.ts';
import { systemClock as clock } from '../../sampling/clock.ts';
import type { Target } from '../target.ts';
import { peerOf } from './peer.ts';

/** A target to probe, or a target whose peers could not all be found, with the problem. */
export type FoundTarget =
  | { readonly target: Target; readonly problem?: never }
  | { readonly target: Target; readonly problem: string };

interface FoundAddresses {
  readonly addresses: readonly string[];
  readonly problem?: string;
}

/**
 * Replaces each target with `discover` by peers for its current addresses.
 *
 * @throws the signal's reason when aborted
 */
export async function findPeers(targets: readonly Target[], signal: AbortSignal): Promise<FoundTarget[]> {
  const lookups = new Map<string, Promise<FoundAddresses>>();
  const found = targets.map(async (target): Promise<FoundTarget[]> => {
    const { discover, host, timeoutMs } = target;
    if (discover === undefined) return [{ target }];
    const looking = lookups.get(host) ?? findAddresses(host, { clock, timeoutMs, signal });
    lookups.set(host, looking);
    const { addresses, problem } = await looking;
    return [
      ...addresses.map((address) => ({ target: peerOf(target, address) })),
      ...(problem === undefined ? [] : [{ target, problem }]),
    ];
  });
  return (await Promise.all(found)).flat();
}

/** All addresses of a host, each once. @throws the signal's reason when aborted */
export async function findAddresses(host: string, limits: LookupLimits): Promise<FoundAddresses> {
  const { addresses, failures } = await lookUpFamilies(host, families, limits);
  const found = [...new Set(addresses.map(({ address }) => address))];
  const [failure] = [...failures].filter(([, { why }]) => why !== 'no_address');
  if (failure) {
    const [family, { detail }] = failure;
    return {
      addresses: found,
      problem: found.length === 0 ? detail : `no ${familyName(family)} addresses: ${detail}`,
    };
  }
  const [without] = failures.values();
  return { addresses: found, ...(found.length === 0 && without && { problem: without.detail }) };
}
