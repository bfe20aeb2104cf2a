import { randomInt } from 'node:crypto';
import type { UdpEngine } from '../net/udp-socket.ts';
import type { Target } from '../targets/target.ts';
import type { Clock } from './clock.ts';
import { type SampleObserver, TargetWatch } from './sampler.ts';
import { StallWatch } from './stall-watch.ts';

/** The starts of targets are spread over their interval, but no first sample waits longer than this. */
const MAX_STAGGER_MS = 1_000;
/** Until then everything is set up, so that the first samples are not late. */
const START_DELAY_MS = 20;

/** A target and its place among all that start together, also in other workers. */
export interface Assignment {
  readonly target: Target;
  readonly index: number;
  readonly of: number;
  readonly observer: SampleObserver;
}

/** A target that is being probed. */
export interface Watching {
  /** Resolves when the last sample is over. */
  readonly finished: Promise<void>;
  /** Starts no more samples; those under way go on to their end. */
  stop(): void;
  /** Ends the samples under way too; they are not recorded. */
  abort(): void;
}

export interface ProbesOptions {
  readonly clock: Clock;
  readonly udp: UdpEngine;
  /** How many samples of each target; Infinity = until stopped. */
  readonly count?: number;
}

/** Probes targets in this thread, each on a schedule of its own; they may come and go. */
export class Probes {
  readonly #clock: Clock;
  readonly #udp: UdpEngine;
  readonly #count: number;
  readonly #stalls: StallWatch;
  readonly #run = randomInt(2 ** 32);

  constructor({ clock, count = Number.POSITIVE_INFINITY, udp }: ProbesOptions) {
    this.#clock = clock;
    this.#udp = udp;
    this.#count = count;
    this.#stalls = new StallWatch(clock);
  }

  /** Starts to probe targets; the n-th of them is due first at its share of its interval. */
  add(assignments: readonly Assignment[]): Watching[] {
    const start = this.#clock.now() + START_DELAY_MS;
    return assignments.map(({ target, index, of, observer }) => {
      const aborting = new AbortController();
      const watch = new TargetWatch({
        target,
        clock: this.#clock,
        udp: this.#udp,
        stalls: this.#stalls,
        startMs: start + (Math.min(target.intervalMs, MAX_STAGGER_MS) * index) / of,
        count: this.#count,
        run: this.#run,
        signal: aborting.signal,
        observer,
      });
      return {
        finished: watch.finished,
        stop: () => watch.stop(),
        abort() {
          watch.stop();
          aborting.abort();
        },
      };
    });
  }

  /** Call when all targets have finished. */
  close(): void {
    this.#stalls.close();
  }
}

/** Probes targets in this thread that are known from the start. */
export function startProbing(assignments: readonly Assignment[], options: ProbesOptions): Watching {
  const probes = new Probes(options);
  const watchings = probes.add(assignments);
  return {
    finished: Promise.all(watchings.map(({ finished }) => finished)).then(() => probes.close()),
    stop() {
      for (const watching of watchings) watching.stop();
    },
    abort() {
      for (const watching of watchings) watching.abort();
    },
  };
}
