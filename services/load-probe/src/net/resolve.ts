import { lookup } from 'node:dns/promises';
import { type IpAddress, readAddress } from '@echo-daytime/addresses';
import { type Clock, withTimeout } from '../sampling/clock.ts';
import { type FlowFailure, flowFailure } from './failure.ts';
import type { Family } from './family.ts';

export interface LookupLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** When the time is over, milliseconds of the clock; otherwise `timeoutMs` from now. */
  readonly deadlineMs?: number;
  readonly signal: AbortSignal;
  /** Without one, both. */
  readonly family?: Family;
}

export interface LookupFailure extends FlowFailure {
  /** `no_address` is an answer of the resolver; after a `timeout` the lookup goes on. */
  readonly why: 'no_address' | 'failed' | 'timeout';
}

export type Lookup =
  | { readonly addresses: readonly IpAddress[]; readonly failure?: never }
  | { readonly addresses?: never; readonly failure: LookupFailure };

/**
 * Lookups under way, by family and name. A lookup holds one of libuv's few threads until the resolver answers or gives
 * up, which a dead one does after many samples: each name may hold one thread, or a name whose server is dead
 * would fail the other targets.
 */
const underWay = new Map<string, Promise<IpAddress[]>>();

/**
 * A host's addresses in the order in which the system would try them (getaddrinfo, RFC 6724), at least one; an
 * address is its own. The system is asked anew each time: hosts file, search domains, resolver.
 *
 * @throws the signal's reason when aborted
 */
export async function lookUp(host: string, limits: LookupLimits): Promise<Lookup> {
  const own = readAddress(host);
  if (own) return { addresses: [own] };
  const { clock, family, signal, timeoutMs, deadlineMs = clock.now() + timeoutMs } = limits;
  const failed = (why: LookupFailure['why'], detail: string): Lookup => ({
    failure: { ...flowFailure('dns', detail), why },
  });
  try {
    const addresses = await withTimeout(askSystem(host, family), { clock, deadlineMs, signal });
    return addresses === 'timeout' ? failed('timeout', noAnswerFor(host, timeoutMs)) : { addresses };
  } catch (error) {
    signal.throwIfAborted();
    const why = isWithoutAddress(error as Error) ? 'no_address' : 'failed';
    return failed(why, lookupDetail(error as Error, host));
  }
}

/** What is known of a name after a lookup of each of some families by itself. */
export interface FamilyLookups {
  readonly addresses: readonly IpAddress[];
  readonly failures: ReadonlyMap<Family, LookupFailure>;
}

/**
 * Looks up each family by itself: asked for both, the system hides that one lookup failed behind the answer to the other.
 *
 * @throws the signal's reason when aborted
 */
export async function lookUpFamilies(
  host: string,
  families: readonly Family[],
  limits: LookupLimits,
): Promise<FamilyLookups> {
  const addresses: IpAddress[] = [];
  const failures = new Map<Family, LookupFailure>();
  for (const family of families) {
    const found = await lookUp(host, { ...limits, family });
    if (found.addresses) addresses.push(...found.addresses);
    else failures.set(family, found.failure);
    // A lookup goes on after its time and holds one of libuv's few threads: no other one of the name may.
    if (found.failure?.why === 'timeout') break;
  }
  return { addresses, failures };
}

/**
 * Asks the system for the addresses of a name, however long it takes.
 *
 * @throws the resolver's error, also where the name has no address
 */
export function askSystem(host: string, family: Family | 0 = 0): Promise<readonly IpAddress[]> {
  const key = `${family} ${host}`;
  let pending = underWay.get(key);
  if (!pending) {
    pending = lookup(host, { all: true, order: 'verbatim', family })
      .then(canonicalAddresses)
      .finally(() => underWay.delete(key));
    underWay.set(key, pending);
  }
  return pending;
}

function canonicalAddresses(found: readonly { readonly address: string }[]): IpAddress[] {
  const addresses = found.flatMap(({ address }) => readAddress(address) ?? []);
  return [...new Map(addresses.map((address) => [address.address, address])).values()];
}

/** Whether an error of a lookup is an answer: there is no such name, or it has no address. */
export function isWithoutAddress({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

/** What a lookup's error means for a name. */
export function lookupDetail(error: NodeJS.ErrnoException, host: string): string {
  if (isWithoutAddress(error)) return `${host} has no address (${error.code})`;
  return error.code === 'EAI_AGAIN'
    ? `the resolver can't be reached or has no answer for ${host} now (${error.code})`
    : `${host}: ${error.message}`;
}

/** @param subject a name, or what else was looked up */
export function noAnswerFor(subject: string, timeoutMs: number): string {
  return `the resolver did not answer for ${subject} within ${timeoutMs} ms`;
}
