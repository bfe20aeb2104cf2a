import { systemClock } from '../clock.ts';
import { openProber } from '../prober-of.ts';
import { type Address, resolveTarget } from '../resolve.ts';
import type { Attempt, FlowEvents } from '../sample.ts';
import type { Target } from '../target.ts';
import type { FailedVerdict } from '../verdict.ts';

/** What a load learns before it begins: where to send, or why not; undefined when it was interrupted. */
export type Found =
  | { readonly address: Address; readonly failure?: never }
  | { readonly address?: never; readonly failure: FailedVerdict | undefined };

/**
 * Has one exchange with each of a target's addresses in turn, until one goes well: nothing is loaded that does not
 * answer at all, and a load goes to one address.
 */
export async function findAddress(target: Target, run: number, signal: AbortSignal): Promise<Found> {
  try {
    const resolved = await resolveTarget(attemptAt(target, run, signal));
    if ('verdict' in resolved) return { failure: resolved.verdict };
    let failure: FailedVerdict | undefined;
    for (const address of resolved.addresses) {
      const attempt = attemptAt({ ...target, host: address.address, flow: 'fresh' }, run, signal);
      const { verdict } = await openProber({ ...attempt, events: noFlowEvents }).probe(attempt);
      if (verdict.outcome === 'ok') return { address };
      failure ??= verdict;
    }
    return { failure };
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
