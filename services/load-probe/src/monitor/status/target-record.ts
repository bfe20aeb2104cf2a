import { type Outcome, outcomes } from '../../sampling/outcome.ts';
import { capacityFor, History, roundMs } from '../../stats/history.ts';
import { type OwnShare, RecentSamples } from '../../stats/recent-samples.ts';
import { sloStatus } from '../../targets/slo.ts';
import type { Target } from '../../targets/target.ts';
import type { News, SentSample } from '../messages.ts';
import type {
  AddressNote,
  Bucket,
  ClockReading,
  FailureNote,
  FlowDeath,
  SamplePoint,
  TargetState,
  TargetStatus,
} from './types.ts';

const MAX_FAILURES = 10;
const MAX_DEATHS = 10;
const MAX_FAILED_ADDRESSES = 10;
/** How far back the single samples are told; what lies before is told in buckets. */
const RECENT_MS = 600_000;
const MAX_RECENT_SAMPLES = 6_000;
/** No sample is due later than now by more than the grain of the clocks, unless the wall clock was put back. */
const FUTURE_SLACK_MS = 1_000;

/** What the control plane knows of one series of samples. */
export class TargetRecord {
  #target: Target;
  readonly #history: History;
  readonly #recent = new RecentSamples();
  readonly #outcomes = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  #failures: readonly FailureNote[] = [];
  #deaths: readonly FlowDeath[] = [];
  #failedAddresses: readonly AddressNote[] = [];
  #clock: ClockReading | null = null;
  #state: TargetState = 'pending';
  #since: number | null = null;
  #judged = Number.NEGATIVE_INFINITY;
  #news: SamplePoint[] = [];

  constructor(target: Target) {
    this.#target = target;
    this.#history = new History(capacityFor(target.intervalMs));
  }

  get target(): Target {
    return this.#target;
  }

  /** The same target with another promise. */
  update(target: Target): void {
    this.#target = target;
  }

  /**
   * Call with each new reading of the wall clock. When it was put back, what was seen by the time before lies in the
   * future, and would stand for the last minute until the clock has come there again.
   *
   * @param now milliseconds since the Unix epoch
   */
  forgetAfter(now: number): void {
    if (this.#history.newestAt <= now + FUTURE_SLACK_MS) return;
    this.#history.dropAfter(now);
    this.#recent.dropAfter(now);
    this.#judged = Number.NEGATIVE_INFINITY;
    if (this.#since !== null) this.#since = Math.min(this.#since, now);
    this.#failures = this.#failures.map((failure) => ({ ...failure, at: Math.min(failure.at, now) }));
    this.#deaths = this.#deaths.map((death) => ({ ...death, at: Math.min(death.at, now) }));
    this.#failedAddresses = this.#failedAddresses.map((note) => ({ ...note, at: Math.min(note.at, now) }));
  }

  /** @param now milliseconds since the Unix epoch */
  add(news: News, now: number): void {
    switch (news.kind) {
      case 'sample':
        this.#outcomes[news.outcome] += 1;
        // It was under way while the clock was put back: nobody can tell when it was due.
        if (news.at <= now + FUTURE_SLACK_MS) this.#addSample(news);
        break;
      case 'duplicates':
        this.#recent.addDuplicates(news.at, news.count);
        break;
      case 'reordered':
        this.#recent.addReordered(news.at);
        break;
      case 'death': {
        const { at, ageMs, cause } = news.death;
        this.#deaths = [{ at: Math.round(at), ageMs: roundMs(ageMs), cause }, ...this.#deaths].slice(
          0,
          MAX_DEATHS,
        );
        break;
      }
      case 'address': {
        const { address, at, detail } = news.failed;
        const others = this.#failedAddresses.filter((note) => note.address !== address);
        const notes = [{ at: Math.round(at), address, detail }, ...others];
        this.#failedAddresses = notes.slice(0, MAX_FAILED_ADDRESSES);
        break;
      }
      case 'clock': {
        const { offsetMs, errorMs } = news.reading;
        this.#clock = { offsetMs: roundMs(offsetMs), errorMs: roundMs(errorMs) };
        break;
      }
    }
  }

  #addSample(sample: SentSample): void {
    const { at, outcome, detail, rttMs } = sample;
    this.#history.add(sample);
    this.#recent.add(sample);
    // Nobody takes the news of peers.
    if (this.#target.peer === undefined) {
      this.#news.push({ at: Math.round(at), outcome, rttMs: rttMs === null ? null : roundMs(rttMs) });
    }
    if (outcome === 'prober_late') return;
    if (outcome !== 'ok') {
      const failures = [...this.#failures, { at: Math.round(at), outcome, detail }];
      this.#failures = failures.sort((one, other) => other.at - one.at).slice(0, MAX_FAILURES);
    }
    // A sample that waited long for nothing ends after later ones, whose news is newer.
    if (at < this.#judged) return;
    this.#judged = at;
    const state = outcome === 'ok' ? 'up' : 'down';
    if (state !== this.#state) {
      this.#state = state;
      this.#since = Math.round(at);
    }
  }

  status(now: number): TargetStatus {
    const { id, name, url, peer = null, protocol, flow, intervalMs, timeoutMs, slo } = this.#target;
    const { judged, proberLate: _, maxLagMs: __, ...window } = this.#recent.window(now);
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
      slo: slo ? sloStatus(slo, { judged, ...window }) : null,
      flowDeaths: this.#deaths,
      failedAddresses: this.#failedAddresses,
      outcomes: { ...this.#outcomes },
      failures: this.#failures,
    };
  }

  ownShare(now: number): OwnShare {
    return this.#recent.window(now);
  }

  /** The single samples of the last minutes, oldest first. */
  recentPoints(now: number): SamplePoint[] {
    return this.#history.points(now - RECENT_MS, MAX_RECENT_SAMPLES);
  }

  buckets(fromMs: number, widthMs: number, count: number): Bucket[] {
    return this.#history.buckets(fromMs, widthMs, count);
  }

  /** The samples that came since this was last asked, in the order they came. */
  takeNews(): SamplePoint[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }
}
