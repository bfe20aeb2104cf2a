import { type Family, families, familyName } from '../../net/family.ts';
import { findAddresses, LookupError, type LookupLimits } from '../../net/find-addresses.ts';
import { systemClock as clock } from '../../sampling/clock.ts';
import type { Target } from '../target.ts';
import { peerOf } from './peer.ts';

/** What is to be probed, or a target of which not all peers could be found and why, in words. */
export type FoundTarget =
  | { readonly target: Target; readonly problem?: never }
  | { readonly target: Target; readonly problem: string };

interface FoundAddresses {
  readonly addresses: readonly string[];
  readonly problem?: string;
}

/**
 * Puts the addresses that a target with `discover` has now in its place.
 *
 * @throws the signal's reason when aborted
 */
export async function findPeers(targets: readonly Target[], signal: AbortSignal): Promise<FoundTarget[]> {
  const lookups = new Map<string, Promise<FoundAddresses>>();
  const found = targets.map(async (target): Promise<FoundTarget[]> => {
    const { discover, host, timeoutMs } = target;
    if (discover === undefined) return [{ target }];
    const looking = lookups.get(host) ?? findAll(host, { clock, timeoutMs, signal });
    lookups.set(host, looking);
    const { addresses, problem } = await looking;
    return [
      ...addresses.map((address) => ({ target: peerOf(target, address) })),
      ...(problem === undefined ? [] : [{ target, problem }]),
    ];
  });
  return (await Promise.all(found)).flat();
}

/** Each family by itself: asked for both, the system hides that one lookup failed behind the answer to the other. */
async function findAll(host: string, limits: LookupLimits): Promise<FoundAddresses> {
  const addresses = new Set<string>();
  const failures = new Map<Family, LookupError>();
  let answer = '';
  for (const family of families) {
    try {
      for (const { address } of await findAddresses(host, { ...limits, family })) addresses.add(address);
    } catch (error) {
      if (!(error instanceof LookupError)) throw error;
      // A lookup goes on after its time and holds one of libuv's few threads: no other one of the name may.
      if (error.kind === 'timeout' && addresses.size === 0) return { addresses: [], problem: error.message };
      if (error.kind === 'no-address') answer = error.message;
      else failures.set(family, error);
    }
  }
  const [failure] = failures;
  if (!failure) return { addresses: [...addresses], ...(addresses.size === 0 && { problem: answer }) };
  const [family, { message }] = failure;
  const isWhole = failures.size === families.length;
  return {
    addresses: [...addresses],
    problem: isWhole ? message : `no ${familyName(family)} addresses: ${message}`,
  };
}
