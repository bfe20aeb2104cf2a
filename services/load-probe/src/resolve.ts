import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { onDeadline } from './clock.ts';
import type { Attempt } from './sample.ts';
import type { FailedVerdict } from './verdict.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Addresses to try in order, at least one, and what finding them took; or why there are none. */
export type Resolved =
  | { readonly addresses: readonly Address[]; readonly dnsMs?: number }
  | { readonly verdict: FailedVerdict };

/**
 * Lookups under way, by name. A lookup holds one of libuv's few threads until the resolver answers or gives
 * up, which a dead one does after many samples: each name may hold one thread, or a name whose server is dead
 * would fail the other targets.
 */
const underWay = new Map<string, Promise<Address[]>>();

/**
 * Finds a target's addresses as the system does it (hosts file, search domains, resolver), anew for each
 * sample; an address needs no lookup.
 *
 * @throws the signal's reason when aborted
 */
export async function resolveTarget({
  target,
  startMs,
  deadlineMs,
  clock,
  signal,
}: Attempt): Promise<Resolved> {
  const { host } = target;
  const family = isIP(host);
  if (family === 4 || family === 6) return { addresses: [{ address: host, family }] };

  const { promise: cut, resolve, reject } = Promise.withResolvers<'timeout'>();
  const cancel = onDeadline(clock, deadlineMs, () => resolve('timeout'));
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort);
  try {
    const found = await Promise.race([lookUp(host), cut]);
    if (found === 'timeout') {
      const detail = `the resolver did not answer for ${host} within ${target.timeoutMs} ms`;
      return { verdict: { outcome: 'dns', detail } };
    }
    return { addresses: found, dnsMs: clock.now() - startMs };
  } catch (error) {
    signal.throwIfAborted();
    return { verdict: { outcome: 'dns', detail: lookupFailure(error as NodeJS.ErrnoException, host) } };
  } finally {
    cancel();
    signal.removeEventListener('abort', abort);
  }
}

function lookUp(host: string): Promise<Address[]> {
  let pending = underWay.get(host);
  if (!pending) {
    pending = (lookup(host, { all: true, order: 'verbatim' }) as Promise<Address[]>).finally(() => {
      underWay.delete(host);
    });
    // A sample that timed out no longer listens.
    pending.catch(() => {});
    underWay.set(host, pending);
  }
  return pending;
}

function lookupFailure({ code, message }: NodeJS.ErrnoException, host: string): string {
  switch (code) {
    case 'ENOTFOUND':
      return `${host} has no address (${code})`;
    case 'EAI_AGAIN':
      return `the resolver can't be reached or has no answer for ${host} now (${code})`;
    default:
      return `${host}: ${message}`;
  }
}
