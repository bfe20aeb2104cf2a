import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { systemClock } from './clock.ts';
import { within } from './within.ts';

/** An address that a flow can be opened to. */
export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * A host's addresses in the order in which the system would try them (getaddrinfo, RFC 6724), at least one; an
 * address is its own.
 *
 * @throws LookupError in words; the signal's reason when aborted
 */
export async function findAddresses(
  host: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<Address[]> {
  const family = isIP(host);
  if (family === 4 || family === 6) return [{ address: host, family }];
  try {
    const looking = lookup(host, { all: true, order: 'verbatim' }) as Promise<Address[]>;
    const found = await within(looking, { clock: systemClock, timeoutMs, signal });
    if (found === 'timeout') {
      throw new LookupError(`the resolver did not answer for ${host} within ${timeoutMs} ms`);
    }
    return found;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof LookupError ? error : new LookupError(lookupWords(error as Error, host));
  }
}

/** A name could not be turned into addresses. */
export class LookupError extends Error {
  override readonly name = 'LookupError';
}

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
