import { isRight, type Outcome } from '../../sampling/outcome.ts';
import type { Sample } from '../../sampling/sampler.ts';
import type { SweepReport } from '../../sampling/sweep/sweep-tally.ts';
import { capacityFor, History, roundMs } from '../../stats/history.ts';
import { Leaks } from '../../stats/leaks.ts';
import { ResponderTally } from '../../stats/responder-tally.ts';
import { noOutcomes } from '../../stats/sample-stats.ts';
import { sloStatus } from '../../targets/slo.ts';
import { type Target, tellsDirection, tellsResponder } from '../../targets/target.ts';
import type { TargetEvent } from '../messages.ts';
import { LastMinute, type LastMinuteFigures } from './last-minute.ts';
import type {
  AddressNote,
  AffinityBreak,
  Bucket,
  ClockReading,
  FailureNote,
  FlowDeath,
  MarkNote,
  RespondersStatus,
  SampleNote,
  SamplePoint,
  SynNote,
  TargetState,
  TargetStatus,
} from './types.ts';

const MAX_FAILURES = 10;
const MAX_DEATHS = 10;
const MAX_FAILED_ADDRESSES = 10;
const MAX_NOTES = 10;
/** How far back single samples and buckets of a second are given. */
const RECENT_S = 600;
const MAX_RECENT_SAMPLES = 6_000;
/** A sample that is due later than this after now shows that the wall clock was set back. */
const FUTURE_SLACK_MS = 1_000;

/** The record of one series of samples, in the control plane. */
export class TargetRecord {
  #target: Target;
  readonly #history: History;
  readonly #lastMinute: LastMinute;
  readonly #outcomes = noOutcomes();
  readonly #lost = { forward: 0, return: 0 };
  readonly #who = new ResponderTally();
  readonly #leaks: Leaks | undefined;
  #affinityBreaks: { readonly count: number; readonly last: AffinityBreak | null } = { count: 0, last: null };
  #failures: readonly FailureNote[] = [];
  #deaths: readonly FlowDeath[] = [];
  #failedAddresses: readonly AddressNote[] = [];
  #notes: readonly SampleNote[] = [];
  #clock: ClockReading | null = null;
  #syn: SynNote | null = null;
  #mark: MarkNote | null = null;
  #sweep: SweepReport | null = null;
  #state: TargetState = 'pending';
  #since: number | null = null;
  #judged = Number.NEGATIVE_INFINITY;
  /** Seconds since the Unix epoch with new samples since the last `takeChangedSeconds`. */
  #changedSeconds = new Set<number>();

  constructor(target: Target) {
    this.#target = target;
    this.#leaks = target.expect && new Leaks();
    this.#history = new History(capacityFor(target.intervalMs));
    this.#lastMinute = new LastMinute(target.intervalMs);
  }

  get target(): Target {
    return this.#target;
  }

  /** @param target the same target with another SLO */
  update(target: Target): void {
    this.#target = target;
  }

  /**
   * Call with each new reading of the wall clock. When the clock was set back, earlier samples lie in the future, and
   * would count as the last minute until the clock reaches them again. So they are dropped.
   *
   * @param now milliseconds since the Unix epoch
   */
  forgetAfter(now: number): void {
    if (this.#history.newestAt <= now + FUTURE_SLACK_MS) return;
    this.#history.dropAfter(now);
    this.#lastMinute.dropAfter(now);
    this.#judged = Number.NEGATIVE_INFINITY;
    if (this.#since !== null) this.#since = Math.min(this.#since, now);
    this.#failures = this.#failures.map((failure) => ({ ...failure, at: Math.min(failure.at, now) }));
    this.#deaths = this.#deaths.map((death) => ({ ...death, at: Math.min(death.at, now) }));
    this.#failedAddresses = this.#failedAddresses.map((note) => ({ ...note, at: Math.min(note.at, now) }));
    const { count, last } = this.#affinityBreaks;
    this.#affinityBreaks = { count, last: last && { ...last, at: Math.min(last.at, now) } };
    this.#syn = this.#syn && { ...this.#syn, at: Math.min(this.#syn.at, now) };
    this.#mark = this.#mark && { ...this.#mark, at: Math.min(this.#mark.at, now) };
    this.#notes = this.#notes.map((note) => ({ ...note, at: Math.min(note.at, now) }));
  }

  /** @param now milliseconds since the Unix epoch */
  add(event: TargetEvent, now: number): void {
    switch (event.kind) {
      case 'sample':
        this.#outcomes[event.outcome] += 1;
        // The sample was under way while the clock was set back, so its due time is wrong.
        if (event.at <= now + FUTURE_SLACK_MS) this.#addSample(event);
        break;
      case 'duplicates':
        this.#lastMinute.addDuplicates(event.at, event.count);
        break;
      case 'reordered':
        this.#lastMinute.addReordered(event.at);
        break;
      case 'loss':
        this.#lost[event.direction] += 1;
        break;
      case 'responder':
        this.#who.add(event.report);
        break;
      case 'affinity':
        this.#affinityBreaks = {
          count: this.#affinityBreaks.count + 1,
          last: { ...event.change, at: Math.round(event.change.at) },
        };
        break;
      case 'death': {
        const { at, ageMs, cause } = event.death;
        this.#deaths = [{ at: Math.round(at), ageMs: roundMs(ageMs), cause }, ...this.#deaths].slice(
          0,
          MAX_DEATHS,
        );
        break;
      }
      case 'address': {
        const { address, at, detail } = event.failed;
        const others = this.#failedAddresses.filter((note) => note.address !== address);
        const notes = [{ at: Math.round(at), address, detail }, ...others];
        this.#failedAddresses = notes.slice(0, MAX_FAILED_ADDRESSES);
        break;
      }
      case 'syn':
        this.#syn = { ...event.note, at: Math.round(event.note.at) };
        break;
      case 'mark':
        this.#mark = { ...event.note, at: Math.round(event.note.at) };
        break;
      case 'sweep':
        this.#sweep = event.report;
        break;
      case 'clock': {
        const { offsetMs, errorMs } = event.reading;
        this.#clock = { offsetMs: roundMs(offsetMs), errorMs: roundMs(errorMs) };
        break;
      }
    }
  }

  #addSample(sample: Sample): void {
    const { at, outcome, detail, tcp } = sample;
    this.#history.add(sample);
    this.#lastMinute.add(sample);
    // The seconds of peers are not sent to pages.
    if (this.#target.peer === undefined) this.#changedSeconds.add(Math.floor(at / 1_000));
    if (outcome === 'prober_late') return;
    this.#leaks?.add(sample);
    if (!isRight(outcome)) {
      const failures = [...this.#failures, { at: Math.round(at), outcome, detail }];
      this.#failures = failures.sort((one, other) => other.at - one.at).slice(0, MAX_FAILURES);
    }
    if (outcome === 'ok' && tcp && tcp.retransmits > 0) {
      const notes = [...this.#notes, { at: Math.round(at), detail }];
      this.#notes = notes.sort((one, other) => other.at - one.at).slice(0, MAX_NOTES);
    }
    // A sample that timed out ends after later samples, which show the current state.
    if (at < this.#judged) return;
    this.#judged = at;
    const state = stateAfter(outcome);
    if (state !== this.#state) {
      this.#state = state;
      this.#since = Math.round(at);
    }
  }

  lastMinute(now: number): LastMinuteFigures {
    return this.#lastMinute.figures(now);
  }

  status(now: number, lastMinute = this.lastMinute(now)): TargetStatus {
    const { id, name, url, peer = null, protocol, flow, intervalMs, timeoutMs, slo } = this.#target;
    const { expect = null, provenBy } = this.#target;
    const { judged, timed, proberLate: _, maxLagMs: __, ...window } = lastMinute;
    return {
      id,
      name,
      url,
      peer,
      protocol,
      flow,
      intervalMs,
      timeoutMs,
      state: this.#state,
      since: this.#since,
      window,
      clock: this.#clock,
      slo: slo ? sloStatus(slo, { judged, timed, ...window }) : null,
      expect,
      control: provenBy?.id ?? null,
      leaks: this.#leaks?.list ?? null,
      flowDeaths: this.#deaths,
      failedAddresses: this.#failedAddresses,
      notes: this.#notes,
      syn: this.#syn,
      mark: this.#mark,
      sweep: this.#sweep,
      outcomes: { ...this.#outcomes },
      lost: tellsDirection(this.#target) ? { ...this.#lost } : null,
      responders: tellsResponder(this.#target) ? this.#respondersStatus() : null,
      affinityBreaks: tellsDirection(this.#target) ? this.#affinityBreaks : null,
      failures: this.#failures,
    };
  }

  #respondersStatus(): RespondersStatus {
    const { counts, known, other, unknown, unknownDetail } = this.#who;
    return { known, responders: counts, other, unknown, unknownDetail };
  }

  /** The single samples of the last minutes, oldest first. */
  recentPoints(now: number): SamplePoint[] {
    return this.#history.points(now - RECENT_S * 1_000, MAX_RECENT_SAMPLES);
  }

  buckets(fromMs: number, widthMs: number, count: number): Bucket[] {
    return this.#history.buckets(fromMs, widthMs, count);
  }

  /** The last minutes in buckets of a second, oldest first, those without a sample left out. */
  recentSeconds(now: number): Bucket[] {
    const first = Math.floor(now / 1_000) - RECENT_S + 1;
    // A sample may be due a little later than now.
    return this.#history
      .recentBuckets(first * 1_000, 1_000, RECENT_S + 1)
      .filter(({ samples }) => samples > 0);
  }

  /** The seconds with new samples since the last call. */
  takeChangedSeconds(now: number): Bucket[] {
    const first = Math.floor(now / 1_000) - RECENT_S + 1;
    const changed = [...this.#changedSeconds].filter(
      (second) => second >= first && second * 1_000 <= now + FUTURE_SLACK_MS,
    );
    this.#changedSeconds = new Set();
    return changed.flatMap((second) => this.#history.recentBuckets(second * 1_000, 1_000, 1));
  }
}

function stateAfter(outcome: Outcome): TargetState {
  if (outcome === 'blocked' || outcome === 'leaked' || outcome === 'untested') return outcome;
  return outcome === 'ok' ? 'up' : 'down';
}
