import { lookup } from 'node:dns/promises';
import { type IpAddress, readAddress } from '@echo-daytime/addresses';
import type { Clock } from '../sampling/clock.ts';
import type { Family } from './family.ts';
import { within } from './within.ts';

export interface LookupLimits {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** When the time is over, milliseconds of the clock; otherwise `timeoutMs` from now. */
  readonly deadlineMs?: number;
  readonly signal: AbortSignal;
  /** Without one, both. */
  readonly family?: Family;
}

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
 * @throws LookupError in words; the signal's reason when aborted
 */
export async function findAddresses(host: string, limits: LookupLimits): Promise<readonly IpAddress[]> {
  const own = readAddress(host);
  if (own) return [own];
  const { clock, family, signal, timeoutMs, deadlineMs = clock.now() + timeoutMs } = limits;
  try {
    const found = await within(lookUp(host, family), { clock, deadlineMs, signal });
    if (found !== 'timeout') return found;
  } catch (error) {
    signal.throwIfAborted();
    throw new LookupError(
      lookupWords(error as Error, host),
      isWithoutAddress(error as Error) ? 'no-address' : 'failed',
    );
  }
  throw new LookupError(`the resolver did not answer for ${host} within ${timeoutMs} ms`, 'timeout');
}

function lookUp(host: string, family: Family | 0 = 0): Promise<IpAddress[]> {
  const key = `${family} ${host}`;
  let pending = underWay.get(key);
  if (!pending) {
    pending = askSystem(host, family).finally(() => underWay.delete(key));
    underWay.set(key, pending);
  }
  return pending;
}

async function askSystem(host: string, family: Family | 0): Promise<IpAddress[]> {
  const found = await lookup(host, { all: true, order: 'verbatim', family });
  const addresses = found.flatMap(({ address }) => readAddress(address) ?? []);
  return [...new Map(addresses.map((address) => [address.address, address])).values()];
}

/** A name could not be turned into addresses. */
export class LookupError extends Error {
  override readonly name = 'LookupError';
  readonly kind: LookupFailure;

  constructor(message: string, kind: LookupFailure) {
    super(message);
    this.kind = kind;
  }
}

/** `no-address` is an answer; after a `timeout` the lookup goes on. */
export type LookupFailure = 'no-address' | 'failed' | 'timeout';

/** Whether an error of a lookup is an answer: there is no such name, or it has no address. */
export function isWithoutAddress({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

/** What a lookup's error means for a name. */
export function lookupWords(error: NodeJS.ErrnoException, host: string): string {
  switch (error.code) {
    case 'ENOTFOUND':
    case 'ENODATA':
      return `${host} has no address (${error.code})`;
    case 'EAI_AGAIN':
      return `the resolver can't be reached or has no answer for ${host} now (${error.code})`;
    default:
      return `${host}: ${error.message}`;
  }
}
