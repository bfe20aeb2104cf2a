import { isIP } from 'node:net';
import type { IpAddress } from '@echo-daytime/addresses';
import type { Attempt, PhaseTimes } from '../sampling/sample.ts';
import type { FailedVerdict } from '../sampling/verdict.ts';
import { eachAddress, type FailedAddress } from './each-address.ts';
import { findAddresses, LookupError } from './find-addresses.ts';
import { verdictOf } from './flow-failure.ts';
import { type OpenedTcp, tcpAttempt } from './open-tcp.ts';

export type Connected =
  | (OpenedTcp & { readonly failed: readonly FailedAddress[] })
  | { readonly socket?: never; readonly verdict: FailedVerdict };

/**
 * Looks up and dials a TCP target.
 *
 * @param phases is told what both took
 * @throws the signal's reason when aborted
 */
export async function connectTarget(attempt: Attempt, phases: PhaseTimes): Promise<Connected> {
  const found = await addressesOf(attempt, phases);
  if ('verdict' in found) return found;
  const { clock, target } = attempt;
  const dialStart = clock.now();
  const { opened, failed, failure } = await eachAddress(found, tcpAttempt(target.port, attempt), attempt);
  if (failure) return { verdict: verdictOf(failure) };
  phases.connect = clock.now() - dialStart;
  return { ...opened, failed };
}

/**
 * The addresses of a target's host, looked up anew for each attempt.
 *
 * @param phases is told what it took; an address takes no time
 * @throws the signal's reason when aborted
 */
export async function addressesOf(
  { clock, deadlineMs, signal, startMs, target }: Attempt,
  phases: PhaseTimes,
): Promise<readonly IpAddress[] | { readonly verdict: FailedVerdict }> {
  const { host, timeoutMs } = target;
  try {
    const addresses = await findAddresses(host, { clock, deadlineMs, timeoutMs, signal });
    if (isIP(host) === 0) phases.dns = clock.now() - startMs;
    return addresses;
  } catch (error) {
    if (!(error instanceof LookupError)) throw error;
    return { verdict: { outcome: 'dns', detail: error.message } };
  }
}
