import { lookupService } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type IpAddress, reachableText, ZoneError } from '@echo-daytime/addresses';
import { quoted } from '@echo-daytime/runtime';
import { type Family, families, familyName } from '../../net/family.ts';
import { type LookupLimits, lookUp, lookUpFamilies, noAnswerFor } from '../../net/resolve.ts';
import { systemClock as clock, withTimeout } from '../../sampling/clock.ts';
import { entriesOf, readServices, type ServiceEntry } from '../../targets/service-names.ts';

/** `lookupService` wants a port, but only its host name is used. */
const NO_PORT = 0;

export interface FoundAddress extends Pick<IpAddress, 'address' | 'family'> {
  /** The name of the address; null when it has none, undefined when no reverse lookup was asked for. */
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
  /** Families of which the name has no address, although it has one of the other family. */
  readonly without: readonly Family[];
  readonly services: readonly ServiceEntry[];
  /** One sentence for everything that could not be found. */
  readonly problems: readonly string[];
}

/**
 * Looks up addresses, their names, and services, with the resolver and the files of the system.
 *
 * @throws the signal's reason when aborted
 */
export async function findNames(options: ResolveOptions, signal: AbortSignal): Promise<Resolution> {
  const { host, reverse, service, timeoutMs } = options;
  const problems: string[] = [];
  const limits = { clock, timeoutMs, signal };
  const { addresses: found = [], failure } = host === '' ? { addresses: [] } : await lookUp(host, limits);
  if (failure) problems.push(failure.detail);
  const missing = families.filter((family) => !found.some((address) => address.family === family));
  const isName = found.length > 0 && isIP(host) === 0;
  const others = await lookUpFamilies(host, isName ? missing : [], limits);
  const without: Family[] = [];
  for (const [family, { detail, why }] of others.failures) {
    if (why === 'no_address') without.push(family);
    else problems.push(`no ${familyName(family)} addresses: ${detail}`);
  }
  problems.push(...found.flatMap(zoneProblem));
  const addresses = reverse
    ? await Promise.all(found.map((address) => withName(address, limits, problems)))
    : found.map(({ address, family }) => ({ address, family }));
  const services = service === undefined ? [] : findService(service, problems);
  return { addresses, without, services, problems };
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
  { signal, timeoutMs }: LookupLimits,
  problems: string[],
): Promise<FoundAddress> {
  const nameless = { address, family, name: null };
  try {
    const limit = { clock, deadlineMs: clock.now() + timeoutMs, signal };
    const found = await withTimeout(lookupService(address, NO_PORT), limit);
    if (found !== 'timeout') {
      // For an address without a name the system returns the address itself.
      return found.hostname === address ? nameless : { address, family, name: found.hostname };
    }
    problems.push(noAnswerFor(`the name of ${address}`, timeoutMs));
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTFOUND') problems.push(`the name of ${address}: ${message}`);
  }
  return nameless;
}
