import { type Outcome, outcomes } from '../sampling/outcome.ts';
import { quantileOf, Values } from './quantiles.ts';
import { Summaries, type Summary } from './summaries.ts';
import { TimeRing } from './time-ring.ts';

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

/** How far back single samples reach at least, if those are no more than MAX_SAMPLES. */
const SINGLE_MS = 10 * 60_000;
/** Time that the samples of a stretch stay beyond it, until all of them are summed up, and some time for late ones. */
const SPARE_MS = 200_000;
const MIN_SAMPLES = 600;
/** 13 bytes each. */
const MAX_SAMPLES = 43_200;
/** How much of the single samples is summed up at once at most. */
const MAX_SHARE = 1 / 4;
/** The buckets of the page for an hour and for six hours, on a wide screen. */
const HOUR = { widthMs: 30_000, stretches: 120 } as const;
const SIX_HOURS = { widthMs: 180_000, stretches: 120 } as const;

/** How many single samples to keep. */
export function capacityFor(intervalMs: number): number {
  return Math.min(MAX_SAMPLES, Math.max(MIN_SAMPLES, Math.ceil((SINGLE_MS + SPARE_MS) / intervalMs)));
}

/**
 * The samples of one target, in memory of a fixed size: the last ones singly, those before as sums of 30 s for an hour
 * and of 3 minutes for six hours.
 */
export class History {
  readonly #ring: TimeRing;
  readonly #outcome: Uint8Array;
  /** NaN where no answer came. */
  readonly #rttMs: Float32Array;
  readonly #hour = new Summaries(HOUR.widthMs, HOUR.stretches);
  readonly #sixHours = new Summaries(SIX_HOURS.widthMs, SIX_HOURS.stretches);

  /** @param capacity how many samples to keep singly at most */
  constructor(capacity: number) {
    this.#outcome = new Uint8Array(capacity);
    this.#rttMs = new Float32Array(capacity);
    this.#ring = new TimeRing(capacity, (from, to) => {
      this.#outcome[to] = this.#outcome[from]!;
      this.#rttMs[to] = this.#rttMs[from]!;
    });
  }

  /** Adds a sample in the order of due times: a sample with a late end goes before samples that were due later. */
  add({
    at,
    outcome,
    rttMs,
  }: Omit<SamplePoint, 'rttMs'> & { readonly rttMs: number | null | undefined }): void {
    if (this.#ring.isFull) this.#sumUpOldest();
    const slot = this.#ring.insert(at);
    this.#outcome[slot] = outcomes.indexOf(outcome);
    this.#rttMs[slot] = rttMs ?? Number.NaN;
  }

  /** When the newest single sample was due, milliseconds since the Unix epoch; -Infinity while there is none. */
  get newestAt(): number {
    return this.#ring.newestAt;
  }

  /** Drops samples that were due later than `at`, milliseconds since the Unix epoch, and sums that begin later. */
  dropAfter(at: number): void {
    this.#ring.dropAfter(at);
    for (const summaries of [this.#hour, this.#sixHours]) summaries.dropAfter(at);
  }

  /**
   * The single samples, oldest first.
   *
   * @param since milliseconds since the Unix epoch
   * @param most how many of the newest samples at most
   */
  points(since = Number.NEGATIVE_INFINITY, most = this.#ring.capacity): SamplePoint[] {
    const ring = this.#ring;
    const points: SamplePoint[] = [];
    for (let position = Math.max(ring.from(since), ring.end - most); position < ring.end; position += 1) {
      const slot = ring.slot(position);
      const rttMs = this.#rttMs[slot]!;
      points.push({
        at: Math.round(ring.at(position)),
        outcome: outcomes[this.#outcome[slot]!]!,
        rttMs: Number.isNaN(rttMs) ? null : roundMs(rttMs),
      });
    }
    return points;
  }

  /**
   * The time from `fromMs` on, in `count` equal buckets. What is no longer kept singly is in the bucket that the middle
   * of its stretch is in.
   *
   * @param fromMs milliseconds since the Unix epoch
   */
  buckets(fromMs: number, widthMs: number, count: number): Bucket[] {
    const older = widthMs * count <= this.#hour.spanMs ? this.#hour : this.#sixHours;
    return this.#buckets(fromMs, widthMs, count, (from, end) => older.between(from, end));
  }

  /** The same with the single samples alone. */
  recentBuckets(fromMs: number, widthMs: number, count: number): Bucket[] {
    return this.#buckets(fromMs, widthMs, count, () => []);
  }

  #buckets(
    fromMs: number,
    widthMs: number,
    count: number,
    olderBetween: (fromMs: number, endMs: number) => readonly Summary[],
  ): Bucket[] {
    const ring = this.#ring;
    const buckets: Bucket[] = [];
    let position = ring.from(fromMs);
    for (let index = 0; index < count; index += 1) {
      const first = position;
      const [beginMs, endMs] = [fromMs + index * widthMs, fromMs + (index + 1) * widthMs];
      while (position < ring.end && ring.at(position) < endMs) position += 1;
      const single = this.#summary(first, position);
      buckets.push(bucketOf(Math.round(beginMs), [single, ...olderBetween(beginMs, endMs)]));
    }
    return buckets;
  }

  /** A longest stretch as a whole, because quantiles of all its samples are exact, those of several sums are not. */
  #sumUpOldest(): void {
    const ring = this.#ring;
    const { start } = ring;
    const most = start + Math.max(1, Math.floor(ring.capacity * MAX_SHARE));
    const end = Math.min(most, ring.from(this.#sixHours.endOf(ring.at(start))));
    for (const summaries of [this.#hour, this.#sixHours]) {
      for (let first = start; first < end; ) {
        const next = Math.min(end, ring.from(summaries.endOf(ring.at(first))));
        summaries.add(ring.at(first), this.#summary(first, next));
        first = next;
      }
    }
    ring.dropOldest(end - start);
  }

  /** The samples from one position to another, exactly. */
  #summary(first: number, end: number): Summary {
    const counts = new Uint32Array(outcomes.length);
    const rtts = new Float32Array(end - first);
    let timed = 0;
    for (let position = first; position < end; position += 1) {
      const slot = this.#ring.slot(position);
      counts[this.#outcome[slot]!]! += 1;
      const rttMs = this.#rttMs[slot]!;
      if (Number.isNaN(rttMs)) continue;
      rtts[timed] = rttMs;
      timed += 1;
    }
    return { outcomes: counts, rtts: new Values(rtts.subarray(0, timed).sort()) };
  }
}

function bucketOf(from: number, parts: readonly Summary[]): Bucket {
  const counts: Partial<Record<Outcome, number>> = {};
  let samples = 0;
  for (const part of parts) {
    for (let index = 0; index < part.outcomes.length; index += 1) {
      const count = part.outcomes[index]!;
      if (count === 0) continue;
      const outcome = outcomes[index]!;
      counts[outcome] = (counts[outcome] ?? 0) + count;
      samples += count;
    }
  }
  const rtts = parts.map((part) => part.rtts);
  const at = (share: number): number | null => {
    const rttMs = quantileOf(rtts, share);
    return rttMs === undefined ? null : roundMs(rttMs);
  };
  return { from, samples, outcomes: counts, p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99), maxMs: at(1) };
}

/** Rounds to whole microseconds: smaller parts are noise. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
