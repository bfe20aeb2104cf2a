import { type CancelWake, type Clock, onDeadline } from '../../sampling/clock.ts';
import type { IdleFlow, IdleOutcome } from './idle-flow.ts';
import type { UnderWay } from './under-way.ts';

export interface RoundOptions {
  /** How long a reply may take, milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly underWay: UnderWay;
  readonly signal: AbortSignal;
  flowEnded(outcome: IdleOutcome): void;
}

/** A flow, and after how much idle time it gets its request, milliseconds. */
export interface TimedFlow {
  readonly flow: IdleFlow;
  readonly dueMs: number;
}

/** How long to wait, after a flow was closed or reset, for other flows to be closed with it. Milliseconds. */
const GATHER_MS = 1_000;

/**
 * Leaves flows idle and sends each its request when it is due. The round ends once every flow with a shorter idle time
 * than the first dead flow has its result. All flows are closed then. Aborting ends the round early.
 *
 * @returns the results; flows that were still idle have none
 */
export async function runIdleRound(
  timedFlows: readonly TimedFlow[],
  { clock, flowEnded, signal, timeoutMs, underWay }: RoundOptions,
): Promise<IdleOutcome[]> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const outcomes = new Map<IdleFlow, IdleOutcome>();
  const timers = new Map<IdleFlow, CancelWake>();
  let gathering: CancelWake | undefined;
  let isOver = false;
  const record = (flow: IdleFlow, outcome: IdleOutcome): void => {
    if (isOver) return;
    timers.get(flow)?.();
    underWay.end(flow);
    outcomes.set(flow, outcome);
    flowEnded(outcome);
    flow.close();
    if (!isDecided(timedFlows, outcomes)) return;
    // A close or reset may hit all flows at once: wait for the others, so that the report can say so.
    const canBeShared = [...outcomes.values()].some(({ death }) => death && death.cause !== 'silent');
    if (outcomes.size === timedFlows.length || !canBeShared) end();
    else gathering ??= onDeadline(clock, clock.now() + GATHER_MS, end);
  };
  const ask = (flow: IdleFlow): void => {
    underWay.begin(flow, 'answer');
    flow.ask(timeoutMs).then((outcome) => record(flow, outcome));
  };

  for (const { flow, dueMs } of timedFlows) {
    flow.died.then((outcome) => record(flow, outcome));
    timers.set(
      flow,
      onDeadline(clock, clock.now() + dueMs, () => ask(flow)),
    );
  }
  const abort = (): void => end();
  signal.addEventListener('abort', abort);
  if (signal.aborted) end();
  await ended;

  isOver = true;
  signal.removeEventListener('abort', abort);
  gathering?.();
  for (const cancel of timers.values()) cancel();
  for (const { flow } of timedFlows) {
    underWay.end(flow);
    flow.close();
  }
  return [...outcomes.values()];
}

function isDecided(timedFlows: readonly TimedFlow[], outcomes: ReadonlyMap<IdleFlow, IdleOutcome>): boolean {
  const deadly = [...outcomes.values()].filter(({ death }) => death).map(({ idleMs }) => idleMs);
  const firstDeathMs = Math.min(...deadly, Number.POSITIVE_INFINITY);
  return timedFlows.every(({ flow, dueMs }) => outcomes.has(flow) || dueMs >= firstDeathMs);
}
