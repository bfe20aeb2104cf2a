/**
 * A histogram in shared memory, counted twice: in buckets with fixed bounds, which Prometheus has always had, and in
 * exponential buckets, which are its native histograms (https://prometheus.io/docs/specs/native_histograms/).
 */

/** The exponential bucket with the index i is from 2^((i - 1) / 8), exclusive, to 2^(i / 8), inclusive. */
export const NATIVE_SCHEMA = 3;
const PER_OCTAVE = 2 ** NATIVE_SCHEMA;

/** What a histogram can tell apart. */
export interface HistogramScale {
  /** Upper bounds of the fixed buckets, rising. */
  readonly bounds: readonly number[];
  /**
   * The exponential buckets go from 2^from to 2^to. What is not greater is counted as zero, and what is greater is in the
   * last bucket.
   */
  readonly octaves: { readonly from: number; readonly to: number };
}

/** Where the numbers of a histogram are, counted in cells from its first. The fixed buckets come first, then +Inf. */
export interface HistogramCells {
  readonly sum: number;
  readonly zero: number;
  /** The first exponential bucket, and its index. */
  readonly exponential: number;
  readonly firstIndex: number;
  /** Cells of the whole histogram. */
  readonly end: number;
}

export function histogramCells({ bounds, octaves: { from, to } }: HistogramScale): HistogramCells {
  const sum = bounds.length + 1;
  const exponential = sum + 2;
  const firstIndex = from * PER_OCTAVE + 1;
  return { sum, zero: sum + 1, exponential, firstIndex, end: exponential + (to - from) * PER_OCTAVE };
}

export function cellsOf(scale: HistogramScale): number {
  return histogramCells(scale).end;
}

export class Histogram {
  readonly #cells: Float64Array;
  readonly #first: number;
  readonly #bounds: readonly number[];
  readonly #sum: number;
  readonly #zero: number;
  readonly #last: number;
  readonly #lowestKey: number;

  /** @param first the first of the `cellsOf(scale)` cells */
  constructor(cells: Float64Array, first: number, scale: HistogramScale) {
    const { sum, zero, firstIndex, end } = histogramCells(scale);
    this.#cells = cells;
    this.#first = first;
    this.#bounds = scale.bounds;
    this.#sum = first + sum;
    this.#zero = first + zero;
    this.#last = first + end - 1;
    this.#lowestKey = firstIndex - 1;
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket += 1;
    this.#cells[this.#first + bucket]! += 1;
    this.#cells[this.#sum]! += value;
    const cell = this.#zero + exponentialIndex(value) - this.#lowestKey;
    this.#cells[Math.max(this.#zero, Math.min(cell, this.#last))]! += 1;
  }
}

/** Upper bounds of the buckets of the octave from 1 to 2, without the last. */
const STEPS = Array.from({ length: PER_OCTAVE }, (_, step) => 2 ** (step / PER_OCTAVE));
/** A double's upper half: the exponent, and then 20 bits of the mantissa. */
const MANTISSA = 0xfffff;
const EXPONENT_OF_1 = 1_023;

const scratch = new Float64Array(1);
const halves = new Uint32Array(scratch.buffer);
const UPPER = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

/** The index of the exponential bucket of a value; that of numbers that are not positive is below all others. */
export function exponentialIndex(value: number): number {
  if (!(value > 0)) return Number.NEGATIVE_INFINITY;
  scratch[0] = value;
  const upper = halves[UPPER]!;
  halves[UPPER] = (upper & MANTISSA) | (EXPONENT_OF_1 << 20);
  const mantissa = scratch[0]!;
  let step = 0;
  while (step < PER_OCTAVE && mantissa > STEPS[step]!) step += 1;
  return ((upper >>> 20) - EXPONENT_OF_1) * PER_OCTAVE + step;
}
