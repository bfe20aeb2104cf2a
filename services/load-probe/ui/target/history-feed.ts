import type { HistoryDocument } from '../../src/monitor/status/types.ts';
import { type HistorySpan, historySpans } from '../app/route.ts';
import { setting } from '../words/words.ts';

const SPAN_MS: Readonly<Record<HistorySpan, number>> = { '10m': 600_000, '1h': 3_600_000, '6h': 21_600_000 };

/** The newest bucket is asked for this often while it fills, within these bounds. */
const REFRESHES_PER_BUCKET = 2;
const LEAST_PERIOD_MS = 2_000;
const LONGEST_PERIOD_MS = 30_000;
/** After this long without a whole answer the connection counts as dead although it looks open. */
const ANSWER_LIMIT_MS = 10_000;

export const spanWords = Object.fromEntries(
  historySpans.map((span) => [span, setting(SPAN_MS[span])]),
) as Readonly<Record<HistorySpan, string>>;

/** How many buckets to ask for: at most as many as there is room for, and each long enough for a sample. */
export function bucketCount(span: HistorySpan, intervalMs: number, room: number): number {
  return Math.max(1, Math.min(room, Math.floor(SPAN_MS[span] / intervalMs)));
}

export interface HistoryListener {
  onHistory(history: HistoryDocument): void;
  /** Receives the error of a request; the next request is made all the same. */
  onProblem(words: string): void;
}

/** Requests the history of one series from the probe at intervals, until it is stopped. */
export class HistoryFeed {
  readonly #url: string;
  readonly #periodMs: number;
  readonly #listener: HistoryListener;
  readonly #stopped = new AbortController();
  #next = 0;

  constructor(seriesId: string, span: HistorySpan, buckets: number, listener: HistoryListener) {
    this.#url = `api/targets/${encodeURIComponent(seriesId)}?span=${span}&buckets=${buckets}`;
    const wantedMs = SPAN_MS[span] / buckets / REFRESHES_PER_BUCKET;
    this.#periodMs = Math.min(Math.max(wantedMs, LEAST_PERIOD_MS), LONGEST_PERIOD_MS);
    this.#listener = listener;
    void this.#ask();
  }

  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#next);
  }

  async #ask(): Promise<void> {
    const { signal } = this.#stopped;
    try {
      await this.#fetch(signal);
    } catch (error) {
      if (!signal.aborted) this.#listener.onProblem((error as Error).message);
    }
    if (!signal.aborted) this.#next = window.setTimeout(() => void this.#ask(), this.#periodMs);
  }

  async #fetch(stopped: AbortSignal): Promise<void> {
    const overdue = new AbortController();
    const timer = window.setTimeout(() => {
      overdue.abort(new Error(`no whole answer from the probe within ${setting(ANSWER_LIMIT_MS)}`));
    }, ANSWER_LIMIT_MS);
    try {
      const response = await fetch(this.#url, { signal: AbortSignal.any([stopped, overdue.signal]) });
      if (!response.ok) throw new Error(`the probe answered ${response.status} ${response.statusText}`);
      const history = (await response.json()) as HistoryDocument;
      if (!stopped.aborted) this.#listener.onHistory(history);
    } finally {
      clearTimeout(timer);
    }
  }
}
