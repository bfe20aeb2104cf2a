import type { IpAddress } from '@echo-daytime/addresses';
import { loadUdp } from '../../net/dgram-udp.ts';
import type { AddressAttempt, FailedAddress } from '../../net/each-address.ts';
import { openTarget } from '../../net/open-target.ts';
import { udpSilence } from '../../net/open-udp.ts';
import { systemClock } from '../../sampling/clock.ts';
import type { FailedResult } from '../../sampling/outcome.ts';
import { openProber } from '../../sampling/prober-of.ts';
import type { Attempt, FlowEvents } from '../../sampling/sample.ts';
import type { Target } from '../../targets/target.ts';

/** The address to load, or why there is none; `failure` is undefined when the load was interrupted. */
export type PreflightResult =
  | { readonly address: IpAddress; readonly failed: readonly FailedAddress[]; readonly failure?: never }
  | { readonly address?: never; readonly failed?: never; readonly failure: FailedResult | undefined };

/**
 * Tries one exchange with each of a target's addresses until one succeeds. A target that does not reply is not loaded,
 * and all load goes to one address.
 */
export async function findAddress(
  target: Target,
  run: number,
  signal: AbortSignal,
): Promise<PreflightResult> {
  const addressAttempt: AddressAttempt<{ readonly address: IpAddress }, FailedResult> = {
    port: target.port,
    async open(address, wanted) {
      const attempt = attemptAt({ ...target, host: address.address, flow: 'fresh' }, run, wanted);
      const { result } = await openProber({ ...attempt, events: noFlowEvents }).probe(attempt);
      return result.outcome === 'ok' ? { address } : { failure: result };
    },
    silence: udpSilence,
  };
  try {
    const { opened, failed, failure } = await openTarget(attemptAt(target, run, signal), {}, addressAttempt);
    if (!failure) return { address: opened.address, failed };
    return { failure: { outcome: failure.outcome, detail: failure.detail } };
  } catch (error) {
    if (signal.aborted) return { failure: undefined };
    throw error;
  }
}

/** A fresh flow has no events. */
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
    udp: loadUdp,
    signal,
  };
}
