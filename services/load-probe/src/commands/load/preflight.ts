import type { IpAddress } from '@echo-daytime/addresses';
import { addressesOf } from '../../net/connect-target.ts';
import { type AddressAttempt, eachAddress, type FailedAddress } from '../../net/each-address.ts';
import { udpSilence } from '../../net/open-udp.ts';
import { systemClock } from '../../sampling/clock.ts';
import { openProber } from '../../sampling/prober-of.ts';
import type { Attempt, FlowEvents } from '../../sampling/sample.ts';
import { type FailedVerdict, failureOf, type SampleFailure } from '../../sampling/verdict.ts';
import { hostPort, type Target } from '../../targets/target.ts';

/** What a load learns before it begins: where to send, or why not; undefined when it was interrupted. */
export type Found =
  | { readonly address: IpAddress; readonly failed: readonly FailedAddress[]; readonly failure?: never }
  | { readonly address?: never; readonly failed?: never; readonly failure: FailedVerdict | undefined };

/**
 * Has one exchange with each of a target's addresses, until one goes well: nothing is loaded that does not answer at
 * all, and a load goes to one address.
 */
export async function findAddress(target: Target, run: number, signal: AbortSignal): Promise<Found> {
  const way: AddressAttempt<{ readonly address: IpAddress }, SampleFailure> = {
    async open(address, wanted) {
      const attempt = attemptAt({ ...target, host: address.address, flow: 'fresh' }, run, wanted);
      const { verdict } = await openProber({ ...attempt, events: noFlowEvents }).probe(attempt);
      return verdict.outcome === 'ok' ? { address } : { failure: failureOf(verdict) };
    },
    discard() {},
    silence: ({ address }, waitedMs) => udpSilence(hostPort(address, target.port), waitedMs),
  };
  try {
    const attempt = attemptAt(target, run, signal);
    const addresses = await addressesOf(attempt, {});
    if ('verdict' in addresses) return { failure: addresses.verdict };
    const { opened, failed, failure } = await eachAddress(addresses, way, attempt);
    if (!failure) return { address: opened.address, failed };
    return { failure: { outcome: failure.outcome, detail: failure.words } };
  } catch (error) {
    if (signal.aborted) return { failure: undefined };
    throw error;
  }
}

/** A fresh flow has none. */
const noFlowEvents: FlowEvents = { duplicate() {}, died() {} };

function attemptAt(target: Target, run: number, signal: AbortSignal): Attempt {
  const startMs = systemClock.now();
  return {
    target,
    run,
    sequence: 0,
    startMs,
    deadlineMs: startMs + target.timeoutMs,
    clock: systemClock,
    signal,
  };
}
