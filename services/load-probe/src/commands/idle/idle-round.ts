import { type CancelWake, type Clock, onDeadline } from '../../sampling/clock.ts';
import type { IdleFlow, IdleOutcome } from './idle-flow.ts';
import type { UnderWay } from './under-way.ts';

export interface RoundOptions {
  /** How long an answer may take, milliseconds. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly underWay: UnderWay;
  readonly signal: AbortSignal;
  settled(outcome: IdleOutcome): void;
}

/** A flow and when it is asked, milliseconds of idleness. */
export interface TimedFlow {
  readonly flow: IdleFlow;
  readonly dueMs: number;
}

/** After a flow was closed or reset, how long to wait whether the idle ones are too, milliseconds. */
const GATHER_MS = 1_000;

/**
 * Leaves flows alone, asks each at its time, and ends as soon as every flow that was to be idle for less than the
 * first dead one has been asked. All flows are closed then.
 *
 * @returns what became of flows; nothing of those that were still idle. Aborting ends it early.
 */
export async function runIdleRound(
  timedFlows: readonly TimedFlow[],
  { clock, settled, signal, timeoutMs, underWay }: RoundOptions,
): Promise<IdleOutcome[]> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const outcomes = new Map<IdleFlow, IdleOutcome>();
  const timers = new Map<IdleFlow, CancelWake>();
  let gathering: CancelWake | undefined;
  let isOver = false;
  const record = (flow: IdleFlow, outcome: IdleOutcome): void => {
    if (isOver) return;
    timers.get(flow)?.();
    underWay.leave(flow);
    outcomes.set(flow, outcome);
    settled(outcome);
    flow.close();
    if (!isDecided(timedFlows, outcomes)) return;
    // The end may have come by itself just when a flow was asked; then the others show it.
    const canBeShared = [...outcomes.values()].some(({ death }) => death && death.cause !== 'silent');
    if (outcomes.size === timedFlows.length || !canBeShared) end();
    else gathering ??= onDeadline(clock, clock.now() + GATHER_MS, end);
  };
  const ask = (flow: IdleFlow): void => {
    underWay.enter(flow, 'answer');
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
    underWay.leave(flow);
    flow.close();
  }
  return [...outcomes.values()];
}

function isDecided(timedFlows: readonly TimedFlow[], outcomes: ReadonlyMap<IdleFlow, IdleOutcome>): boolean {
  const deadly = [...outcomes.values()].filter(({ death }) => death).map(({ idleMs }) => idleMs);
  const firstDeathMs = Math.min(...deadly, Number.POSITIVE_INFINITY);
  return timedFlows.every(({ flow, dueMs }) => outcomes.has(flow) || dueMs >= firstDeathMs);
}
