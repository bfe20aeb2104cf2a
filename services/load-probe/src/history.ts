import { outcomes } from './outcome.ts';
import type { SamplePoint } from './status.ts';

/** What a history keeps of a sample. */
export interface PastSample extends SamplePoint {
  readonly lagMs: number;
}

export interface WindowFigures {
  readonly samples: number;
  readonly ok: number;
  /** Those that the prober itself delayed. */
  readonly proberLate: number;
  /** Round trips of right answers, ascending, milliseconds. */
  readonly rttsMs: Float32Array;
  readonly maxLagMs: number;
}

/** How far back a history reaches, and within which numbers of samples. */
const SPAN_MS = 600_000;
const MIN_CAPACITY = 600;
/** Six hours at one sample a second; some 400 KB. */
const MAX_CAPACITY = 21_600;

export function capacityFor(intervalMs: number): number {
  return Math.min(MAX_CAPACITY, Math.max(MIN_CAPACITY, Math.ceil(SPAN_MS / intervalMs)));
}

const OK = outcomes.indexOf('ok');
const PROBER_LATE = outcomes.indexOf('prober_late');

/** The last samples of one target in the order of their due times, in memory of a fixed size. */
export class History {
  readonly #capacity: number;
  readonly #at: Float64Array;
  readonly #outcome: Uint8Array;
  readonly #rttMs: Float32Array;
  readonly #lagMs: Float32Array;
  /** Samples ever added; the newest is in slot `(#added - 1) % #capacity`. */
  #added = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#at = new Float64Array(capacity);
    this.#outcome = new Uint8Array(capacity);
    this.#rttMs = new Float32Array(capacity);
    this.#lagMs = new Float32Array(capacity);
  }

  /** Adds a sample; one that waited long for its end goes before those that were due later. */
  add({ at, outcome, rttMs, lagMs }: PastSample): void {
    const oldest = Math.max(0, this.#added - this.#capacity + 1);
    let place = this.#added;
    this.#added += 1;
    while (place > oldest && this.#at[this.#slot(place - 1)]! > at) {
      this.#copy(this.#slot(place - 1), this.#slot(place));
      place -= 1;
    }
    const slot = this.#slot(place);
    this.#at[slot] = at;
    this.#outcome[slot] = outcomes.indexOf(outcome);
    this.#rttMs[slot] = rttMs ?? Number.NaN;
    this.#lagMs[slot] = lagMs;
  }

  /** What is kept, oldest first. */
  points(): SamplePoint[] {
    const points: SamplePoint[] = [];
    for (let place = this.#first(); place < this.#added; place += 1) {
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

  /** @param since milliseconds since the Unix epoch */
  window(since: number): WindowFigures {
    let place = this.#added;
    let ok = 0;
    let proberLate = 0;
    let maxLagMs = 0;
    const rtts: number[] = [];
    while (place > this.#first() && this.#at[this.#slot(place - 1)]! >= since) {
      place -= 1;
      const slot = this.#slot(place);
      if (this.#outcome[slot] === OK) ok += 1;
      if (this.#outcome[slot] === PROBER_LATE) proberLate += 1;
      if (!Number.isNaN(this.#rttMs[slot])) rtts.push(this.#rttMs[slot]!);
      maxLagMs = Math.max(maxLagMs, this.#lagMs[slot]!);
    }
    return { samples: this.#added - place, ok, proberLate, maxLagMs, rttsMs: Float32Array.from(rtts).sort() };
  }

  #first(): number {
    return Math.max(0, this.#added - this.#capacity);
  }

  #slot(place: number): number {
    return place % this.#capacity;
  }

  #copy(from: number, to: number): void {
    this.#at[to] = this.#at[from]!;
    this.#outcome[to] = this.#outcome[from]!;
    this.#rttMs[to] = this.#rttMs[from]!;
    this.#lagMs[to] = this.#lagMs[from]!;
  }
}

/** To whole microseconds: what is below is noise. */
export function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
