import { type Outcome, outcomes } from '../sampling/outcome.ts';

/** A single sample. */
export interface SamplePoint {
  /** When the sample was due, milliseconds since the Unix epoch. */
  readonly at: number;
  readonly outcome: Outcome;
  /** From the due time to the complete answer, milliseconds; null where none came. */
  readonly rttMs: number | null;
}

/** The samples of a stretch of time, summed up. */
export interface Bucket {
  /** Beginning, milliseconds since the Unix epoch. */
  readonly from: number;
  readonly samples: number;
  /** Only outcomes that occurred. */
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  readonly maxMs: number | null;
}

/** How far back a history reaches, unless that would be more than MAX_CAPACITY samples. */
export const HISTORY_MS = 6 * 3_600_000;
const MIN_CAPACITY = 600;
/** Six hours at two samples a second; 13 bytes each, some 550 KB. */
const MAX_CAPACITY = 43_200;

export function capacityFor(intervalMs: number): number {
  return Math.min(MAX_CAPACITY, Math.max(MIN_CAPACITY, Math.ceil(HISTORY_MS / intervalMs)));
}

/** The last samples of one target in the order of their due times, in memory of a fixed size. */
export class History {
  readonly #capacity: number;
  readonly #at: Float64Array;
  readonly #outcome: Uint8Array;
  /** NaN where no answer came. */
  readonly #rttMs: Float32Array;
  /** The position after the newest sample. Positions only grow; position p is in slot `p % #capacity`. */
  #end = 0;
  #count = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#at = new Float64Array(capacity);
    this.#outcome = new Uint8Array(capacity);
    this.#rttMs = new Float32Array(capacity);
  }

  /** Adds a sample in the order of due times: a sample with a late end goes before samples that were due later. */
  add({
    at,
    outcome,
    rttMs,
  }: Omit<SamplePoint, 'rttMs'> & { readonly rttMs: number | null | undefined }): void {
    let place = this.#end;
    this.#end += 1;
    this.#count = Math.min(this.#count + 1, this.#capacity);
    while (place > this.#oldest && this.#at[this.#slot(place - 1)]! > at) {
      this.#copy(this.#slot(place - 1), this.#slot(place));
      place -= 1;
    }
    const slot = this.#slot(place);
    this.#at[slot] = at;
    this.#outcome[slot] = outcomes.indexOf(outcome);
    this.#rttMs[slot] = rttMs ?? Number.NaN;
  }

  /** When the newest sample was due, milliseconds since the Unix epoch; -Infinity while there is none. */
  get newestAt(): number {
    return this.#count === 0 ? Number.NEGATIVE_INFINITY : this.#at[this.#slot(this.#end - 1)]!;
  }

  /** Drops samples that were due later than `at`, milliseconds since the Unix epoch. */
  dropAfter(at: number): void {
    while (this.newestAt > at) {
      this.#end -= 1;
      this.#count -= 1;
    }
  }

  /**
   * The samples, oldest first.
   *
   * @param since milliseconds since the Unix epoch
   * @param most how many of the newest samples at most
   */
  points(since = Number.NEGATIVE_INFINITY, most = this.#capacity): SamplePoint[] {
    const points: SamplePoint[] = [];
    for (let place = Math.max(this.#from(since), this.#end - most); place < this.#end; place += 1) {
      const slot = this.#slot(place);
      const rttMs = this.#rttMs[slot]!;
      points.push({
        at: Math.round(this.#at[slot]!),
        outcome: outcomes[this.#outcome[slot]!]!,
        rttMs: Number.isNaN(rttMs) ? null : roundMs(rttMs),
      });
    }
    return points;
  }

  /**
   * The time from `fromMs` on, in `count` equal buckets.
   *
   * @param fromMs milliseconds since the Unix epoch
   */
  buckets(fromMs: number, widthMs: number, count: number): Bucket[] {
    const buckets: Bucket[] = [];
    let place = this.#from(fromMs);
    for (let index = 0; index < count; index += 1) {
      const first = place;
      const endMs = fromMs + (index + 1) * widthMs;
      while (place < this.#end && this.#at[this.#slot(place)]! < endMs) place += 1;
      buckets.push(this.#bucket(Math.round(fromMs + index * widthMs), first, place));
    }
    return buckets;
  }

  #bucket(from: number, first: number, end: number): Bucket {
    const counts: Partial<Record<Outcome, number>> = {};
    const rtts = new Float32Array(end - first);
    let answered = 0;
    for (let place = first; place < end; place += 1) {
      const slot = this.#slot(place);
      const outcome = outcomes[this.#outcome[slot]!]!;
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      const rttMs = this.#rttMs[slot]!;
      if (Number.isNaN(rttMs)) continue;
      rtts[answered] = rttMs;
      answered += 1;
    }
    const ascending = rtts.subarray(0, answered).sort();
    return {
      from,
      samples: end - first,
      outcomes: counts,
      p50Ms: percentile(ascending, 0.5),
      p90Ms: percentile(ascending, 0.9),
      p99Ms: percentile(ascending, 0.99),
      maxMs: percentile(ascending, 1),
    };
  }

  /** The position of the first sample that was due at `since` or later. */
  #from(since: number): number {
    let low = this.#oldest;
    let high = this.#end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at[this.#slot(middle)]! < since) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  get #oldest(): number {
    return this.#end - this.#count;
  }

  #slot(place: number): number {
    return place % this.#capacity;
  }

  #copy(from: number, to: number): void {
    this.#at[to] = this.#at[from]!;
    this.#outcome[to] = this.#outcome[from]!;
    this.#rttMs[to] = this.#rttMs[from]!;
  }
}

/** A percentile by nearest rank, milliseconds; null without values. */
export function percentile(ascending: ArrayLike<number>, share: number): number | null {
  const value = ascending[Math.ceil(ascending.length * share) - 1];
  return value === undefined ? null : roundMs(value);
}

/** Rounds to whole microseconds: smaller parts are noise. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
