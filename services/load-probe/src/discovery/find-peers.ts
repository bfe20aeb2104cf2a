import { systemClock as clock } from '../clock.ts';
import { findAddresses, LookupError } from '../net/find-addresses.ts';
import type { Target } from '../target.ts';
import { peerOf } from './peer.ts';

/** What is to be probed, or a target that no peers were found of and why, in words. */
export type FoundTarget =
  | { readonly target: Target; readonly problem?: never }
  | { readonly target: Target; readonly problem: string };

/**
 * Puts the addresses that a target with `discover` has now in its place.
 *
 * @throws the signal's reason when aborted
 */
export async function findPeers(targets: readonly Target[], signal: AbortSignal): Promise<FoundTarget[]> {
  const lookups = new Map<string, ReturnType<typeof findAddresses>>();
  const found = targets.map(async (target): Promise<FoundTarget[]> => {
    const { discover, host, timeoutMs } = target;
    if (discover === undefined) return [{ target }];
    const looking = lookups.get(host) ?? findAddresses(host, { clock, timeoutMs, signal });
    lookups.set(host, looking);
    try {
      return (await looking).map(({ address }) => ({ target: peerOf(target, address) }));
    } catch (error) {
      if (error instanceof LookupError) return [{ target, problem: error.message }];
      throw error;
    }
  });
  return (await Promise.all(found)).flat();
}
