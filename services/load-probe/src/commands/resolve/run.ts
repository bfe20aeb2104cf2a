import { lookupService } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type IpAddress, reachableText, ZoneError } from '@echo-daytime/addresses';
import { quoted } from '@echo-daytime/runtime';
import { type Family, families, familyName } from '../../net/family.ts';
import { findAddresses, LookupError, type LookupLimits } from '../../net/find-addresses.ts';
import { within } from '../../net/within.ts';
import { systemClock as clock } from '../../sampling/clock.ts';
import { entriesOf, readServices, type ServiceEntry } from '../../targets/service-names.ts';

/** Any port does: only the host is asked for. */
const NO_PORT = 0;

export interface FoundAddress extends Pick<IpAddress, 'address' | 'family'> {
  /** The name that the address has, null when it has none; left out where it was not asked for. */
  readonly name?: string | null;
}

export interface ResolveOptions {
  /** A name or an address; empty when only a service is asked for. */
  readonly host: string;
  /** A name or a port. */
  readonly service?: string;
  readonly reverse: boolean;
  /** For each lookup, milliseconds. */
  readonly timeoutMs: number;
}

export interface Resolution {
  readonly addresses: readonly FoundAddress[];
  /** Families of which the host, a name with addresses, has none. */
  readonly without: readonly Family[];
  readonly services: readonly ServiceEntry[];
  /** What could not be found, a sentence each. */
  readonly problems: readonly string[];
}

/**
 * Looks up addresses, their names, and services, all as the system does it.
 *
 * @throws the signal's reason when aborted
 */
export async function findNames(options: ResolveOptions, signal: AbortSignal): Promise<Resolution> {
  const { host, reverse, service, timeoutMs } = options;
  const problems: string[] = [];
  const limits = { clock, timeoutMs, signal };
  const found = host === '' ? [] : await orProblem(findAddresses(host, limits), problems, []);
  const without = isIP(host) === 0 ? await familiesWithout(host, found, limits, problems) : [];
  problems.push(...found.flatMap(zoneProblem));
  const addresses = reverse
    ? await Promise.all(found.map((address) => withName(address, limits, problems)))
    : found.map(({ address, family }) => ({ address, family }));
  const services = service === undefined ? [] : findService(service, problems);
  return { addresses, without, services, problems };
}

/** Asked for both families, the system hides that the lookup of one failed behind the answer to the other. */
async function familiesWithout(
  host: string,
  found: readonly IpAddress[],
  limits: LookupLimits,
  problems: string[],
): Promise<Family[]> {
  const without: Family[] = [];
  const isMissing = (family: Family): boolean => !found.some((address) => address.family === family);
  for (const family of found.length > 0 ? families.filter(isMissing) : []) {
    try {
      await findAddresses(host, { ...limits, family });
    } catch (error) {
      if (!(error instanceof LookupError)) throw error;
      if (error.kind === 'no-address') without.push(family);
      else problems.push(`no ${familyName(family)} addresses: ${error.message}`);
    }
  }
  return without;
}

function findService(service: string, problems: string[]): ServiceEntry[] {
  try {
    const entries = entriesOf(service, readServices());
    // A port needs no name.
    if (entries.length === 0 && !/^\d+$/.test(service)) {
      problems.push(`there is no service ${quoted(service)} in the list of this system`);
    }
    return entries;
  } catch (error) {
    problems.push((error as Error).message);
    return [];
  }
}

function zoneProblem(address: IpAddress): string[] {
  try {
    reachableText(address);
    return [];
  } catch (error) {
    if (error instanceof ZoneError) return [`${address.address}: ${error.message}`];
    throw error;
  }
}

async function withName(
  { address, family }: IpAddress,
  limits: Pick<ResolveOptions, 'timeoutMs'> & { readonly signal: AbortSignal },
  problems: string[],
): Promise<FoundAddress> {
  const name = await orProblem(nameOf(address, limits), problems, null);
  return { address, family, name };
}

async function nameOf(
  address: string,
  { signal, timeoutMs }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string | null> {
  try {
    const found = await within(lookupService(address, NO_PORT), {
      clock,
      deadlineMs: clock.now() + timeoutMs,
      signal,
    });
    if (found === 'timeout') {
      throw new LookupError(
        `the resolver did not answer for the name of ${address} within ${timeoutMs} ms`,
        'timeout',
      );
    }
    // What has no name is named by its own digits.
    return found.hostname === address ? null : found.hostname;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LookupError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND') return null;
    throw new LookupError(`the name of ${address}: ${message}`, 'failed');
  }
}

async function orProblem<T>(looking: Promise<T>, problems: string[], otherwise: T): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!(error instanceof LookupError)) throw error;
    problems.push(error.message);
    return otherwise;
  }
}
