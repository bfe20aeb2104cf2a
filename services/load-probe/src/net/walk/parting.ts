import type { Walk } from './walk.ts';

/** The hop at which the ways of two 5-tuples differ. */
export interface Parting {
  readonly ttl: number;
  /** The address of each there; null where it is silent. */
  readonly one: string | null;
  readonly other: string | null;
  /** The last hop before that both have in common; 0: none. Between the two are hops that are silent to one or both. */
  readonly commonTtl: number;
}

/**
 * Where two walks part: at the first hop that answers each from another address; else from where one of them is silent
 * to its end while the other is answered. A hop that is silent to one of them alone, with a common hop behind it, is no
 * difference: routers limit their ICMP messages.
 *
 * @returns undefined where nothing tells them apart
 */
export function partingOf(one: Walk, other: Walk): Parting | undefined {
  let commonTtl = 0;
  let silent: Parting | undefined;
  for (let ttl = 1; ttl <= Math.max(one.hops.length, other.hops.length); ttl += 1) {
    const [here, there] = [one, other].map(({ hops }) => hops[ttl - 1]?.address ?? null) as [
      string | null,
      string | null,
    ];
    if (here !== null && there !== null) {
      if (here !== there) return { ttl, one: here, other: there, commonTtl };
      commonTtl = ttl;
      silent = undefined;
    } else if (here !== there) silent ??= { ttl, one: here, other: there, commonTtl };
  }
  return silent;
}
