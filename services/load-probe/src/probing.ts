import { randomInt } from 'node:crypto';
import type { Clock } from './clock.ts';
import { StallWatch } from './stall-watch.ts';
import type { Target } from './target.ts';
import { type SampleObserver, TargetWatch } from './watch-target.ts';

/** The starts of targets are spread over their interval, but no first sample waits longer than this. */
const MAX_STAGGER_MS = 1_000;
/** Until then everything is set up, so that the first samples are not late. */
const START_DELAY_MS = 20;

/** A target and its place among all, also those of other workers. */
export interface Assignment {
  readonly target: Target;
  readonly index: number;
  readonly of: number;
  readonly observer: SampleObserver;
}

export interface Probing {
  /** Resolves when every target's last sample is over. */
  readonly finished: Promise<void>;
  /** Starts no more samples; those under way go on to their end. */
  stop(): void;
  /** Ends the samples under way too; they are not recorded. */
  abort(): void;
}

/** Probes targets in this thread, each on a schedule of its own. */
export function startProbing(
  assignments: readonly Assignment[],
  { clock, count = Number.POSITIVE_INFINITY }: { readonly clock: Clock; readonly count?: number },
): Probing {
  const stalls = new StallWatch(clock);
  const aborting = new AbortController();
  const run = randomInt(2 ** 32);
  const start = clock.now() + START_DELAY_MS;
  const watches = assignments.map(({ target, index, of, observer }) => {
    const startMs = start + (Math.min(target.intervalMs, MAX_STAGGER_MS) * index) / of;
    return new TargetWatch({
      target,
      clock,
      stalls,
      startMs,
      count,
      run,
      signal: aborting.signal,
      observer,
    });
  });
  const stop = (): void => {
    for (const watch of watches) watch.stop();
  };
  const finished = Promise.all(watches.map((watch) => watch.finished)).then(() => stalls.close());
  return {
    finished,
    stop,
    abort() {
      stop();
      aborting.abort();
    },
  };
}
