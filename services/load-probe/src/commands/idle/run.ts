import type { IpAddress } from '@echo-daytime/addresses';
import {
  type EachAddressResult,
  eachAddress,
  type FailedAddress,
  failedDetail,
  hasFailed,
} from '../../net/each-address.ts';
import { udpSilence } from '../../net/open-udp.ts';
import { lookUp } from '../../net/resolve.ts';
import type { Death, IdleOutcome } from './idle-flow.ts';
import { runIdleRound, type TimedFlow } from './idle-round.ts';
import { type IdleFlowOptions, type OpenedIdleFlow, openIdleFlow } from './open-idle-flow.ts';
import { UnderWay, type Unfinished } from './under-way.ts';

/** Flows at the same time: most searches then need one round only, and no usual connection limit is reached. */
const MAX_FLOWS = 64;
/** Each round divides the range by MAX_FLOWS. A search that needs more rounds than this sees random behaviour. */
const MAX_ROUNDS = 6;

export interface IdleSearchOptions extends Omit<IdleFlowOptions, 'underWay'> {
  /** A name or an address. */
  readonly host: string;
  /** The longest idle time that is tried, milliseconds. */
  readonly maxMs: number;
  /** The search ends when the longest survived and the shortest deadly idle time are this close, milliseconds. */
  readonly resolutionMs: number;
}

export interface IdleObserver {
  /** Some addresses failed while another one worked. */
  failed(detail: string): void;
  /** Flows are open and get their requests after these idle times, milliseconds. */
  opened(remote: string, timesMs: readonly number[]): void;
  flowEnded(outcome: IdleOutcome): void;
}

/** The death of the flow with the shortest deadly idle time. */
export interface FirstDeath extends Death {
  readonly idleMs: number;
  /** How many (`died`) of the flows that were idle then (`of`) died while idle, the first one included. */
  readonly together?: { readonly died: number; readonly of: number };
}

export type IdleResult =
  /** A flow that had been idle for `aliveMs` answered, and none died earlier. */
  | { readonly name: 'survived'; readonly aliveMs: number }
  | { readonly name: 'died'; readonly aliveMs: number; readonly death: FirstDeath }
  /** One flow died, but others replied after a longer idle time, `aliveMs`. */
  | { readonly name: 'contradictory'; readonly aliveMs: number; readonly death: FirstDeath }
  /** Not all flows could be opened. */
  | { readonly name: 'failed'; readonly detail: string }
  /** Stopped before there was a result; `aliveMs` is the longest idle time survived so far. */
  | { readonly name: 'interrupted'; readonly aliveMs: number; readonly underWay: readonly Unfinished[] };

export interface IdleSearch {
  readonly remote?: string;
  /** Addresses that failed while the address of `remote` worked. */
  readonly failed?: readonly FailedAddress[];
  readonly outcomes: readonly IdleOutcome[];
  readonly result: IdleResult;
}

/**
 * Finds how long the path keeps an idle flow. Many flows are left idle at the same time, each for a different time. Where
 * one round is too coarse, the next round divides the range between the longest survived and the shortest deadly time.
 */
export async function findIdleLimit(given: IdleSearchOptions, observer: IdleObserver): Promise<IdleSearch> {
  const { clock, maxMs, resolutionMs, signal, timeoutMs } = given;
  const underWay = new UnderWay(clock, signal);
  const options = { ...given, underWay };
  const all: IdleOutcome[] = [];
  let aliveMs = 0;
  let death: FirstDeath | undefined;
  let remote: string | undefined;
  let failed: readonly FailedAddress[] = [];
  const conclude = (result: IdleResult): IdleSearch => ({
    ...(remote && { remote }),
    failed,
    outcomes: all,
    result,
  });

  const interrupted = (): IdleSearch =>
    conclude({ name: 'interrupted', aliveMs, underWay: underWay.whenStopped });

  const found = await findWorking(given.host, options).catch(ignoreAbort(signal));
  if (!found) return interrupted();
  if (found.failure) return conclude({ name: 'failed', detail: found.failure.detail });
  failed = found.failed;
  if (failed.length > 0) observer.failed(failedDetail(failed));
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const timesMs = idleTimes(aliveMs, death?.idleMs ?? maxMs, resolutionMs);
    const opened = await openAll(found.opened.address, timesMs, options);
    if (signal.aborted) {
      if ('flows' in opened) for (const { flow } of opened.flows) flow.close();
      return interrupted();
    }
    if ('detail' in opened) return conclude({ name: 'failed', detail: opened.detail });
    remote = opened.remote;
    observer.opened(remote, timesMs);
    const flowEnded = (outcome: IdleOutcome): void => observer.flowEnded(outcome);
    const outcomes = await runIdleRound(opened.flows, { timeoutMs, clock, signal, flowEnded, underWay });
    all.push(...outcomes);

    const first = firstDeath(outcomes, timesMs.length);
    const survived = outcomes.filter((outcome) => !outcome.death).map(({ idleMs }) => Math.floor(idleMs));
    if (first) {
      // A flow of this round may die earlier than a flow of an earlier round survived.
      const lived = [aliveMs, ...survived];
      const later = Math.max(0, ...lived.filter((idleMs) => idleMs >= first.idleMs));
      aliveMs = Math.max(0, ...lived.filter((idleMs) => idleMs < first.idleMs));
      if (later > 0) return conclude({ name: 'contradictory', aliveMs: later, death: first });
    } else {
      aliveMs = Math.max(aliveMs, ...survived);
    }
    if (signal.aborted) return interrupted();
    if (!first) {
      // The longest idle time of a later round is the one that killed a flow before; now it killed none.
      return conclude(death ? { name: 'contradictory', aliveMs, death } : { name: 'survived', aliveMs });
    }
    death = first;
    if (!death.whenAsked || death.idleMs - aliveMs <= resolutionMs + clockGrainMs(resolutionMs)) break;
  }
  if (!death) throw new Error('a round ends with a death or with the longest time survived');
  return conclude({ name: 'died', aliveMs, death });
}

/** Requests are sent a little late, each by a different time, so idle times are exact to this only. */
function clockGrainMs(resolutionMs: number): number {
  return Math.max(5, resolutionMs / 10);
}

/** Idle times evenly spread from above `aliveMs` up to `limitMs`, which is included. */
export function idleTimes(aliveMs: number, limitMs: number, resolutionMs: number): number[] {
  const count = Math.min(MAX_FLOWS, Math.max(1, Math.ceil((limitMs - aliveMs) / resolutionMs)));
  return Array.from({ length: count }, (_, index) =>
    Math.round(aliveMs + ((limitMs - aliveMs) * (index + 1)) / count),
  );
}

function firstDeath(outcomes: readonly IdleOutcome[], flows: number): FirstDeath | undefined {
  const dead = outcomes.flatMap(({ death, idleMs }) => (death ? [{ ...death, idleMs }] : []));
  const inOrder = dead.sort((one, other) => one.idleMs - other.idleMs);
  const [shortest] = inOrder;
  if (!shortest) return undefined;
  // A flow that died while idle has the exact time.
  const first = inOrder.find(({ cause, whenAsked }) => !whenAsked && cause === shortest.cause) ?? shortest;
  const idleMs = Math.floor(first.idleMs);
  if (first.whenAsked) return { ...first, idleMs };
  const asked = outcomes.filter(({ death }) => death?.whenAsked !== false).length;
  const died = dead.filter(({ whenAsked }) => !whenAsked).length;
  return { ...first, idleMs, together: { died, of: flows - asked } };
}

/**
 * Opens one flow to find the address that works. All other flows go to that address.
 *
 * @throws the signal's reason when aborted
 */
async function findWorking(
  host: string,
  options: IdleFlowOptions,
): Promise<EachAddressResult<Pick<OpenedIdleFlow, 'address'>, { readonly detail: string }>> {
  const { clock, port, signal, timeoutMs, underWay } = options;
  underWay.begin(options, 'lookup');
  const { addresses, failure } = await lookUp(host, options).finally(() => underWay.end(options));
  if (failure) return { failure };
  const [only] = addresses;
  if (only && addresses.length === 1) return { opened: { address: only }, failed: [] };
  const discard = ({ flow }: OpenedIdleFlow): void => {
    underWay.end(flow);
    flow.close();
  };
  const found = await eachAddress(
    addresses,
    {
      port,
      open: (address, wanted) => openIdleFlow(address, { ...options, signal: wanted }),
      discard,
      silence: udpSilence,
    },
    { clock, deadlineMs: clock.now() + timeoutMs, signal },
  );
  if (found.opened) discard(found.opened);
  return found;
}

async function openAll(
  address: IpAddress,
  timesMs: readonly number[],
  options: IdleFlowOptions,
): Promise<{ readonly remote: string; readonly flows: TimedFlow[] } | { readonly detail: string }> {
  const results = await Promise.all(
    timesMs.map(async (dueMs) => {
      const result = await openIdleFlow(address, options).catch(ignoreAbort(options.signal));
      return result && (hasFailed(result) ? result : { ...result, dueMs });
    }),
  );
  const flows = results.flatMap((result) => (result && 'flow' in result ? [result] : []));
  const remote = flows[0]?.remote;
  if (remote !== undefined && flows.length === timesMs.length) return { remote, flows };
  for (const { flow } of flows) flow.close();
  if (options.signal.aborted) return { detail: 'stopped' };
  const detail =
    results.flatMap((result) => (result && hasFailed(result) ? [result.failure.detail] : []))[0] ?? '';
  return {
    detail:
      flows.length === 0
        ? detail
        : `only ${flows.length} of ${timesMs.length} flows could be opened: ${detail}; a coarser --resolution needs fewer`,
  };
}

function ignoreAbort(signal: AbortSignal): (error: unknown) => undefined {
  return (error) => {
    if (!signal.aborted) throw error;
  };
}
