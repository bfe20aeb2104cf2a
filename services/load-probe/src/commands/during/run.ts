import { allHeld, type Gate } from '../../cli/gates.ts';
import { systemClock } from '../../sampling/clock.ts';
import { judgeSeries, startSeries } from '../../series/start.ts';
import { FlowRecord } from './flow-record.ts';
import type { DuringOptions } from './options.ts';
import type { CommandEnd } from './started-command.ts';

/** The command, or the wait for Ctrl-C. Times are milliseconds since the Unix epoch. */
export type Work =
  | { readonly name: 'done'; readonly startedAt: number; readonly endedAt: number; readonly end?: CommandEnd }
  /** Not every target passed the warm-up, or it was stopped. */
  | { readonly name: 'not_begun'; readonly why: string };

export interface DuringResult {
  /** Whether it was stopped by a signal. */
  readonly interrupted: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  readonly elapsedMs: number;
  /** One for the new flows of each target, and one for its old flow. */
  readonly targets: readonly FlowRecord[];
  readonly work: Work;
  /** None where the work was not begun. */
  readonly gates: readonly Gate[];
  readonly minMeasured: number;
}

export interface DuringEvents {
  /** Aborted by a stop signal. */
  readonly signal: AbortSignal;
  /** Called when the warm-up has passed; resolves when the command has ended, and without a command with the signal. */
  work(): Promise<CommandEnd | undefined>;
}

/** Samples new and old flows from before the work to after it. */
export async function during(
  { targets, limits, minMeasured, settleMs, warmUpMs }: DuringOptions,
  { signal, work }: DuringEvents,
): Promise<DuringResult> {
  const startedAt = systemClock.epoch();
  const startMs = systemClock.now();
  let changed = Promise.withResolvers<void>();
  const { probing, tallies } = await startSeries(targets, {
    count: Number.POSITIVE_INFINITY,
    signal,
    tallyOf: (target, asked) =>
      new FlowRecord(target, asked, () => {
        changed.resolve();
        changed = Promise.withResolvers();
      }),
  });
  const result = (done: Work): DuringResult => ({
    interrupted: signal.aborted,
    startedAt,
    elapsedMs: systemClock.now() - startMs,
    targets: tallies,
    work: done,
    gates: done.name === 'done' ? judgeSeries(tallies, limits, minMeasured) : [],
    minMeasured,
  });
  const stopped = aborted(signal);
  for (;;) {
    const problem = warmUpProblem(tallies, signal);
    if (problem !== undefined) {
      probing.abort();
      await probing.finished;
      return result({ name: 'not_begun', why: problem });
    }
    if (tallies.every((tally) => isWarm(tally, warmUpMs))) break;
    await Promise.race([changed.promise, stopped]);
  }
  const beganAt = systemClock.epoch();
  let end: CommandEnd | undefined;
  try {
    end = await work();
  } catch (error) {
    probing.abort();
    await probing.finished;
    throw error;
  }
  const endedAt = systemClock.epoch();
  if (!signal.aborted) await Promise.race([passed(settleMs), stopped]);
  // Samples under way end by themselves: what became of the last ones is part of what it cost.
  probing.stop();
  await probing.finished;
  return result({ name: 'done', startedAt: beganAt, endedAt, ...(end && { end }) });
}

/** Whether the gates held; where the work was not begun, nothing did. */
export function hasHeld({ gates, work }: DuringResult): boolean {
  return work.name === 'done' && allHeld(gates);
}

function isWarm({ ended, right, target }: FlowRecord, warmUpMs: number): boolean {
  return right > 0 && ended > warmUpMs / target.intervalMs;
}

/** Why the warm-up is over and has not passed, or undefined. */
function warmUpProblem(tallies: readonly FlowRecord[], { aborted }: AbortSignal): string | undefined {
  if (aborted) return 'stopped in the warm-up';
  const failed = tallies.filter(({ lostCount }) => lostCount > 0).map(({ target }) => target.id);
  if (failed.length === 0) return undefined;
  return `not every sample of ${new Intl.ListFormat('en-GB').format(failed)} was ok in the warm-up`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.wakeAt(systemClock.now() + ms, resolve));
}
