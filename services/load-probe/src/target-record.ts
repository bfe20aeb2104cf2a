import { capacityFor, History, roundMs } from './history.ts';
import { type Outcome, outcomes } from './outcome.ts';
import type { SentSample } from './sample-batch.ts';
import type { FailureNote, SamplePoint, TargetState, TargetStatus } from './status.ts';
import type { Target } from './target.ts';

/** What the figures of a status are about. */
export const WINDOW_S = 60;
const MAX_FAILURES = 10;

/** The prober's own share in a target's last minute. */
export interface OwnShare {
  readonly proberLate: number;
  readonly maxLagMs: number;
}

/** What the control plane knows of one target. */
export class TargetRecord {
  readonly target: Target;
  readonly #history: History;
  readonly #outcomes = Object.fromEntries(outcomes.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  #failures: readonly FailureNote[] = [];
  #state: TargetState = 'pending';
  #since: number | null = null;
  #judged = Number.NEGATIVE_INFINITY;
  #news: SamplePoint[] = [];

  constructor(target: Target) {
    this.target = target;
    this.#history = new History(capacityFor(target.intervalMs));
  }

  add({ at, outcome, detail, rttMs, lagMs }: SentSample): void {
    this.#outcomes[outcome] += 1;
    this.#history.add({ at, outcome, rttMs, lagMs });
    this.#news.push({
      at: Math.round(at),
      outcome,
      rttMs: rttMs === null ? null : roundMs(rttMs),
    });
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
    const { name, url, protocol, flow, intervalMs, timeoutMs } = this.target;
    const { samples, ok, proberLate, rttsMs } = this.#history.window(now - WINDOW_S * 1000);
    const judged = samples - proberLate;
    return {
      name,
      url,
      protocol,
      flow,
      intervalMs,
      timeoutMs,
      state: this.#state,
      since: this.#since,
      window: {
        seconds: WINDOW_S,
        samples,
        ok,
        lossRatio: judged === 0 ? 0 : (judged - ok) / judged,
        p50Ms: percentile(rttsMs, 0.5),
        p99Ms: percentile(rttsMs, 0.99),
      },
      outcomes: { ...this.#outcomes },
      failures: this.#failures,
    };
  }

  ownShare(now: number): OwnShare {
    const { proberLate, maxLagMs } = this.#history.window(now - WINDOW_S * 1000);
    return { proberLate, maxLagMs };
  }

  points(): SamplePoint[] {
    return this.#history.points();
  }

  /** The samples that came since this was last asked, in the order they came. */
  takeNews(): SamplePoint[] {
    const news = this.#news;
    this.#news = [];
    return news;
  }
}

/** Nearest rank; null of nothing. */
function percentile(ascending: Float32Array, share: number): number | null {
  const value = ascending[Math.ceil(ascending.length * share) - 1];
  return value === undefined ? null : roundMs(value);
}
