import { isIP } from 'node:net';
import type { FailedResult } from '../sampling/outcome.ts';
import type { Attempt, PhaseTimes } from '../sampling/sample.ts';
import type { AddressMemory } from './address-memory.ts';
import { type OpenedTcp, tcpAttempt } from './dial-tcp.ts';
import { type AddressAttempt, type EachAddressResult, eachAddress } from './each-address.ts';
import { markOf, markProblem } from './mark.ts';
import { lookUp } from './resolve.ts';

/**
 * Opens a flow to the first address of a target that works. The host is looked up again for each sample.
 *
 * @param phases receives the time of the lookup, where the host is a name
 * @param memory UDP: an address that replied to the last request is awaited, and no other is tried while it is silent
 * @throws the signal's reason when aborted, and where packets can't be marked as the target wants it
 */
export async function openTarget<Opened extends object>(
  attempt: Attempt,
  phases: PhaseTimes,
  addressAttempt: AddressAttempt<Opened, FailedResult>,
  memory?: AddressMemory,
): Promise<EachAddressResult<Opened, FailedResult>> {
  const { clock, startMs, target, udp } = attempt;
  const problem = markProblem(target, udp);
  if (problem !== undefined) throw new Error(problem);
  const found = await lookUp(target.host, { ...attempt, timeoutMs: target.timeoutMs });
  if (found.failure) return found;
  if (isIP(target.host) === 0) phases.dns = clock.now() - startMs;
  const addresses = attempt.pickAddress ? [attempt.pickAddress(found.addresses)] : found.addresses;
  const isFirstKnown = memory?.isAnswering(addresses[0]?.address) ?? false;
  const result = await eachAddress(addresses, addressAttempt, { ...attempt, isFirstKnown });
  for (const { address } of result.failed ?? []) memory?.silent(address.address);
  return result;
}

/** As `openTarget`, over TCP. @param phases receives the time of the handshake too */
export async function dialTarget(
  attempt: Attempt,
  phases: PhaseTimes,
): Promise<EachAddressResult<OpenedTcp, FailedResult>> {
  const { clock, startMs, target } = attempt;
  const result = await openTarget(
    attempt,
    phases,
    tcpAttempt(target.port, { ...attempt, ...markOf(target) }),
  );
  if (result.opened) phases.connect = clock.now() - startMs - (phases.dns ?? 0);
  return result;
}
