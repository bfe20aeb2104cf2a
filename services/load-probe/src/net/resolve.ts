import { lookup } from 'node:dns/promises';
import { type IpAddress, readAddress } from '@echo-daytime/addresses';
import { type Clock, withTimeout } from '../sampling/clock.ts';
import { type FlowFailure, flowFailure } from './failure.ts';
import type { Family } from './family.ts';

export interface LookupLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** The end of the time, milliseconds of the clock; without it `timeoutMs` from now. */
  readonly deadlineMs?: number;
  readonly signal: AbortSignal;
  /** Without it, both. */
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
 * Lookups under way, by family and name. A lookup holds one of libuv's few threads until the resolver answers or times
 * out. With a dead resolver that takes longer than many samples. So each name may hold one thread only: otherwise one
 * name with a dead server would block the lookups of all targets.
 */
const underWay = new Map<string, Promise<IpAddress[]>>();

/**
 * The addresses of a host, at least one, in the order in which the system would try them (getaddrinfo, RFC 6724). A host
 * that is an address gives that address. Nothing is cached: each call asks the system (hosts file, resolver).
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

/** The result of separate lookups for each family. */
export interface FamilyLookups {
  readonly addresses: readonly IpAddress[];
  readonly failures: ReadonlyMap<Family, LookupFailure>;
}

/**
 * Looks up each family separately: in a lookup of both, the system hides a failure of one family behind the other's answer.
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
    // This lookup goes on after its timeout and holds a libuv thread: a name may hold one thread only.
    if (found.failure?.why === 'timeout') break;
  }
  return { addresses, failures };
}

/**
 * Asks the system for the addresses of a name, without a timeout.
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

/** Whether the error of a lookup is an answer of the resolver: no such name, or no address. */
export function isWithoutAddress({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

/** The message for the error of a lookup. */
export function lookupDetail(error: NodeJS.ErrnoException, host: string): string {
  if (isWithoutAddress(error)) return `${host} has no address (${error.code})`;
  return error.code === 'EAI_AGAIN'
    ? `the resolver can't be reached or has no answer for ${host} now (${error.code})`
    : `${host}: ${error.message}`;
}

/** @param subject the name, or another subject of a lookup */
export function noAnswerFor(subject: string, timeoutMs: number): string {
  return `the resolver did not answer for ${subject} within ${timeoutMs} ms`;
}
