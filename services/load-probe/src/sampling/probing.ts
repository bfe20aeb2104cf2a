import { randomInt } from 'node:crypto';
import type { TcpInfo } from '@echo-daytime/linux';
import type { UdpEngine } from '../net/udp-socket.ts';
import type { Target } from '../targets/target.ts';
import { BlockedJudge } from './blocked/blocked-judge.ts';
import type { ControlSchedule } from './blocked/control-record.ts';
import type { Clock } from './clock.ts';
import { type Sample, type SampleObserver, TargetWatch } from './sampler.ts';
import { StallWatch } from './stall-watch.ts';
import { WakeQueue } from './wake-queue.ts';

/**
 * The first samples of targets are spread over their interval, but over no more than a second: few targets with long intervals
 * are soon known. Many targets take longer, each this much, because their samples would be a burst at every interval.
 */
const MIN_SPREAD_MS = 1_000;
const SPREAD_PER_TARGET_MS = 10;
/** Time to set up before the first sample is due, so that it is not late. */
const START_DELAY_MS = 20;

/** A target, with its index and the number of all targets that start together, also in other workers. */
export interface Assignment {
  readonly target: Target;
  readonly index: number;
  readonly of: number;
  readonly observer: SampleObserver;
  /** Number of its samples, where it is another one than that of all. */
  readonly count?: number;
}

/** A target that may be the control of others. */
interface Watched extends ControlSchedule {
  readonly listeners: Set<(sample: Sample) => void>;
}

/** A target that is being probed. */
export interface Watching {
  /** Resolves when the last sample has ended. */
  readonly finished: Promise<void>;
  /** Starts no more samples; pending samples continue. */
  stop(): void;
  /** Aborts the pending samples too, which are then not recorded. */
  abort(): void;
}

export interface ProbesOptions {
  readonly clock: Clock;
  readonly udp: UdpEngine;
  readonly tcpInfo?: TcpInfo | undefined;
  /** Number of samples of each target; Infinity = until stopped. */
  readonly count?: number;
}

/** Probes targets in this thread, each on its own schedule. Targets may be added and stopped at any time. */
export class Probes {
  readonly #clock: Clock;
  readonly #udp: UdpEngine;
  readonly #tcpInfo: TcpInfo | undefined;
  readonly #count: number;
  readonly #stalls: StallWatch;
  readonly #run = randomInt(2 ** 32);
  /** By id. */
  readonly #watched = new Map<string, Watched>();
  readonly #judges = new Set<BlockedJudge>();

  constructor({ clock, count = Number.POSITIVE_INFINITY, tcpInfo, udp }: ProbesOptions) {
    this.#clock = new WakeQueue(clock);
    this.#udp = udp;
    this.#tcpInfo = tcpInfo;
    this.#count = count;
    this.#stalls = new StallWatch(clock);
  }

  /**
   * Starts to probe targets. The first sample of target n of N is due after n/N of `spreadMs`, and that of a target that
   * must be blocked an interval of its control later, so after the first one of the control.
   */
  add(assignments: readonly Assignment[]): Watching[] {
    const start = this.#clock.now() + START_DELAY_MS;
    const added = assignments.map((assignment): Assignment & { readonly watched: Watched } => {
      const { index, of, target } = assignment;
      const { id, intervalMs, provenBy } = target;
      const startMs = start + (provenBy?.intervalMs ?? 0) + (spreadMs(intervalMs, of) * index) / of;
      const watched = { startMs, intervalMs, listeners: new Set<(sample: Sample) => void>() };
      this.#watched.set(id, watched);
      return { ...assignment, watched };
    });
    return added.map(({ count = this.#count, observer, target, watched }) => {
      const { listeners, startMs } = watched;
      const aborting = new AbortController();
      const judging = this.#judge(target, startMs, observer);
      const watch = new TargetWatch({
        target,
        clock: this.#clock,
        udp: this.#udp,
        tcpInfo: this.#tcpInfo,
        stalls: this.#stalls,
        startMs,
        count,
        run: this.#run,
        signal: aborting.signal,
        observer,
        judge: judging?.judge,
        listeners,
      });
      return {
        finished: watch.finished,
        stop: () => watch.stop(),
        abort: () => {
          watch.stop();
          aborting.abort();
          judging?.end();
          if (this.#watched.get(target.id) === watched) this.#watched.delete(target.id);
        },
      };
    });
  }

  /** The judge of a target that must be blocked, and how to end it early; undefined for other targets. */
  #judge(target: Target, startMs: number, observer: SampleObserver) {
    const { expect, id, provenBy } = target;
    if (expect === undefined) return undefined;
    const control = provenBy && this.#watched.get(provenBy.id);
    if (!control) throw new Error(`${id} must be blocked, but its control is not probed beside it`);
    const nowMs = this.#clock.now();
    const judge = new BlockedJudge({ target, controlId: provenBy.id, control, startMs, nowMs, observer });
    control.listeners.add(judge.hear);
    this.#judges.add(judge);
    const end = (): void => {
      control.listeners.delete(judge.hear);
      this.#judges.delete(judge);
      judge.abandon(this.#clock.now());
    };
    return { judge, end };
  }

  /** Call when all targets have finished. */
  close(): void {
    for (const judge of this.#judges) judge.close();
    this.#stalls.close();
  }
}

/** The time over which the first samples of so many targets with this interval are spread, milliseconds. */
export function spreadMs(intervalMs: number, targets: number): number {
  return Math.min(intervalMs, Math.max(MIN_SPREAD_MS, targets * SPREAD_PER_TARGET_MS));
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
