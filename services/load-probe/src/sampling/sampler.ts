import type { TcpInfo } from '@echo-daytime/linux';
import type { AffinityBreak, ClockReading, FlowDeath } from '../monitor/status/types.ts';
import { type FailedAddress, failedDetail } from '../net/each-address.ts';
import { type FlowFailure, isFlowFailure } from '../net/failure.ts';
import type { MarkReport } from '../net/mark-changes.ts';
import type { SynReport } from '../net/syn-changes.ts';
import { retransmitNote, type TcpStats } from '../net/tcp-socket.ts';
import type { UdpEngine } from '../net/udp-socket.ts';
import type { WhoReport } from '../payload/who-line.ts';
import { ClockFilter } from '../stats/clock-filter.ts';
import { isUdp } from '../targets/protocol.ts';
import type { Target } from '../targets/target.ts';
import type { Clock } from './clock.ts';
import type { Outcome } from './outcome.ts';
import { openProber } from './prober-of.ts';
import type { Attempt, OpenProber, PhaseTimes, Reading } from './sample.ts';
import { Schedule } from './schedule.ts';
import { PROBER_LATE_MS, stallEffect } from './self-trust.ts';
import type { StallWatch } from './stall-watch.ts';
import type { LossDirection, RequestEnd } from './sticky/loss-direction.ts';
import type { SweepReport } from './sweep/sweep-tally.ts';

/** Timestamps may be in whole milliseconds. */
const TIMESTAMP_STEP_MS = 1;

/** A finished sample. */
export interface Sample {
  readonly sequence: number;
  /** The due time, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly outcome: Outcome;
  /** Describes a failure, and what went wrong in spite of an ok; empty for an ordinary ok. */
  readonly detail: string;
  /**
   * From the due time to the complete, right reply, milliseconds; undefined without one, and where the probe was stalled
   * during the sample.
   */
  readonly rttMs: number | undefined;
  /** UDP: between the kernel's timestamps of the request and of that reply, milliseconds; absent where unknown. */
  readonly wireRttMs?: number;
  /** STAMP: the time that the reflector took, milliseconds; absent without a right reply, and where it can't be that time. */
  readonly reflectorMs?: number;
  /** Targets that must be blocked: the outcome that the sample would have had else, and how long its answer took. */
  readonly seen?: { readonly outcome: Outcome; readonly afterMs: number | undefined };
  /** TCP: what the kernel knows of the connection; absent where unknown, and where the probe was late. */
  readonly tcp?: TcpStats;
  /** From the due time to the start, milliseconds. */
  readonly lagMs: number;
  readonly phases: PhaseTimes;
}

/** The events of one target's samples. Handlers must not throw. */
export interface SampleObserver {
  sample(sample: Sample): void;
  /** Called after `sample`, with what the system says of a flow that failed. */
  flowFailed?(failure: FlowFailure, sample: Sample): void;
  /** UDP and sticky flows: number of further replies to one request. */
  duplicates(count: number): void;
  /** UDP and sticky flows: a right reply came after the reply to a later request. */
  reordered(): void;
  /** Sticky flows of STAMP: one more sample that was lost is known to be lost in this direction. */
  lossFound?(direction: LossDirection): void;
  /** Sticky flows of STAMP: another responder than the one before answered on the same flow. */
  affinityBroken?(change: AffinityBreak): void;
  /** An address of the target's name failed while another one worked. */
  addressFailed?(failure: FailedAddress): void;
  flowDied?(death: FlowDeath): void;
  /** Sweeps: what is known of the source ports by now. */
  swept?(report: SweepReport): void;
  /** Targets with `syn`: what became of the SYN of a sample's connection. */
  synReported?(report: SynReport): void;
  /** STAMP targets with `dscp`: what became of the mark of a sample. */
  markReported?(report: MarkReport): void;
  /** Targets that may tell: who answered a sample. */
  responderReported?(report: WhoReport, sequence: number): void;
  /** Called after each reading of the target's clock, with the best one so far. */
  clockRead?(reading: ClockReading): void;
  /** The probe was stopped while a sample was pending. */
  abandoned?(sample: AbandonedSample): void;
}

/** A sample that was pending when the probe was stopped. */
export interface AbandonedSample {
  readonly sequence: number;
  /** Time since the due time, milliseconds. */
  readonly ageMs: number;
  /** Whether that is longer than every finished sample of the target took, ok or not. */
  readonly isOverdue: boolean;
}

export interface WatchOptions {
  readonly target: Target;
  readonly clock: Clock;
  readonly udp: UdpEngine;
  readonly tcpInfo?: TcpInfo | undefined;
  readonly stalls: StallWatch;
  /** Due time of the first sample, milliseconds of the clock. */
  readonly startMs: number;
  /** Number of samples; Infinity = until stopped. */
  readonly count: number;
  readonly run: number;
  readonly signal: AbortSignal;
  readonly observer: SampleObserver;
  /** Targets that must be blocked: takes the samples in place of the observer, to whom it passes them on. */
  readonly judge?: { add(sample: Sample): void } | undefined;
  /** Told of each sample: the judges that this target is the control of. */
  readonly listeners: ReadonlySet<(sample: Sample) => void>;
}

/** Probes one target on its schedule. */
export class TargetWatch {
  readonly #options: WatchOptions;
  readonly #prober: OpenProber;
  readonly #clockFilter = new ClockFilter();
  readonly #schedule: Schedule;
  readonly #finished = Promise.withResolvers<void>();
  #issuing = true;
  #underWay = 0;
  #lastAnswered = -1;
  /** The longest time of a finished sample, from due time to end, milliseconds. */
  #longestMs = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    const { clock, startMs, count, target, signal, observer } = options;
    this.#prober = openProber({
      target,
      clock,
      signal,
      events: {
        duplicate: () => observer.duplicates(1),
        lossFound: (direction) => observer.lossFound?.(direction),
        affinityBroken: (change) => observer.affinityBroken?.(change),
        died: (death) => observer.flowDied?.(death),
        swept: (report) => observer.swept?.(report),
      },
    });
    this.#schedule = new Schedule({
      clock,
      startMs,
      intervalMs: target.intervalMs,
      count,
      issue: (sequence, dueMs) => this.#issue(sequence, dueMs),
      ended: () => {
        this.#issuing = false;
        this.#checkFinished();
      },
    });
  }

  /** Resolves when the last sample has ended and its flow is closed. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Starts no more samples; pending samples continue. */
  stop(): void {
    this.#schedule.stop();
  }

  #issue(sequence: number, dueMs: number): void {
    const { clock, run, signal, target, tcpInfo, udp } = this.#options;
    const startMs = clock.now();
    const lagMs = startMs - dueMs;
    const at = clock.epoch() - lagMs;
    if (lagMs > PROBER_LATE_MS) {
      // Not sent: all missed samples at once would be a burst of load on the target.
      const detail = `the probe was ${Math.round(lagMs)} ms late to start the sample`;
      this.#record({ sequence, at, outcome: 'prober_late', detail, rttMs: undefined, lagMs, phases: {} });
      return;
    }
    const deadlineMs = dueMs + target.timeoutMs;
    const attempt = { target, run, sequence, startMs, deadlineMs, clock, udp, tcpInfo, signal };
    this.#underWay += 1;
    void this.#attempt(attempt, { sequence, at, lagMs, dueMs }).finally(() => {
      this.#underWay -= 1;
      this.#checkFinished();
    });
  }

  async #attempt(
    attempt: Attempt,
    issued: Pick<Sample, 'sequence' | 'at' | 'lagMs'> & { readonly dueMs: number },
  ): Promise<void> {
    const { sequence, at, lagMs } = issued;
    let reading: Reading;
    try {
      reading = await this.#prober.probe(attempt);
    } catch (error) {
      if (attempt.signal.aborted) return this.#abandon(issued);
      // The prober itself failed, for example to open a socket.
      const detail = `the prober failed: ${(error as Error).message}`;
      this.#record({ sequence, at, outcome: 'prober_late', detail, rttMs: undefined, lagMs, phases: {} });
      return;
    }
    const { result, endMs, phases, reflectorMs, wireMs } = reading;
    const { outcome } = result;
    const tcp = tcpOf(reading);
    const stalledMs = this.#options.stalls.longestSince(attempt.startMs);
    const lifeMs = endMs - attempt.startMs;
    const { timeoutMs } = attempt.target;
    const effect = stallEffect({ outcome, stalledMs, lifeMs, timeoutMs, wireMs });
    if (effect === 'prober_late') {
      const detail = `the probe was stalled for ${Math.round(stalledMs)} ms during the sample`;
      this.#record({ sequence, at, outcome: 'prober_late', detail, rttMs: undefined, lagMs, phases: {} });
    } else {
      const answered = outcome === 'ok' || outcome === 'late';
      const isTimed = effect === 'none';
      const tookMs = endMs - issued.dueMs;
      if (isTimed) this.#longestMs = Math.max(this.#longestMs, tookMs);
      const sample: Sample = {
        sequence,
        at,
        outcome,
        detail: detailOf(reading),
        rttMs: answered && isTimed ? tookMs : undefined,
        ...(wireMs !== undefined && { wireRttMs: wireMs }),
        ...(isPossible(reflectorMs, tookMs) && { reflectorMs }),
        ...(tcp && { tcp }),
        lagMs,
        phases: isTimed ? phases : {},
      };
      this.#record(sample);
      if (isFlowFailure(result)) this.#options.observer.flowFailed?.(result, sample);
      for (const failure of reading.failed ?? []) this.#options.observer.addressFailed?.(failure);
      if (answered && (isUdp(attempt.target.protocol) || attempt.target.flow === 'sticky')) {
        this.#order(sequence);
      }
      if (reading.clock) this.#options.observer.clockRead?.(this.#clockFilter.add(reading.clock));
    }
    reading.ended?.(requestEndOf(effect === 'prober_late' && outcome === 'lost' ? 'prober_late' : outcome));
    reading.judged?.(effect === 'prober_late' ? effect : outcome);
    const { mark, syn, who } = (await reading.told) ?? {};
    if (syn) this.#options.observer.synReported?.(syn);
    if (mark) this.#options.observer.markReported?.(mark);
    if (who) this.#options.observer.responderReported?.(who, sequence);
    const duplicates = (await reading.duplicates) ?? 0;
    if (duplicates > 0) this.#options.observer.duplicates(duplicates);
  }

  #abandon({ sequence, dueMs }: { readonly sequence: number; readonly dueMs: number }): void {
    const { clock, observer } = this.#options;
    const ageMs = clock.now() - dueMs;
    observer.abandoned?.({ sequence, ageMs, isOverdue: ageMs > this.#longestMs });
  }

  #order(sequence: number): void {
    if (sequence < this.#lastAnswered) this.#options.observer.reordered();
    else this.#lastAnswered = sequence;
  }

  #record(sample: Sample): void {
    const { judge, listeners, observer } = this.#options;
    if (judge) judge.add(sample);
    else observer.sample(sample);
    for (const listener of listeners) listener(sample);
  }

  #checkFinished(): void {
    if (this.#issuing || this.#underWay > 0) return;
    this.#prober.close();
    this.#finished.resolve();
  }
}

function requestEndOf(outcome: Outcome): RequestEnd {
  switch (outcome) {
    case 'ok':
    case 'late':
      return 'answered';
    case 'lost':
      return 'lost';
    // By what an ICMP message says.
    case 'refused':
    case 'unreachable':
      return 'absent';
    default:
      return 'unknown';
  }
}

/** A clock that was set between its two timestamps gives any time, and a reflector may tell what it likes. */
function isPossible(reflectorMs: number | undefined, tookMs: number): reflectorMs is number {
  return reflectorMs !== undefined && reflectorMs >= 0 && reflectorMs <= tookMs + TIMESTAMP_STEP_MS;
}

function tcpOf({ result, tcp }: Reading): TcpStats | undefined {
  return tcp ?? (result.outcome === 'ok' ? undefined : result.tcp);
}

function detailOf(reading: Reading): string {
  const { failed = [], result } = reading;
  const tcp = tcpOf(reading);
  const details = [
    result.outcome === 'ok' ? '' : result.detail,
    tcp ? retransmitNote(tcp) : '',
    failedDetail(failed),
  ];
  return details.filter((detail) => detail !== '').join('; ');
}
