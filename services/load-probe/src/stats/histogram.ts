/**
 * A histogram of latencies. The width of a bucket is at most 1/1024 of its value, as in an HDR histogram with three
 * digits. The cells may be in shared memory: one thread records while another one reads.
 */

/** The range is from 2^-12 ms (0.25 µs) to 2^24 ms (4.6 h). Values outside are in the first or the last bucket. */
const LOWEST_EXPONENT = -12;
const OCTAVES = 36;
/** A double's upper half: 1 bit of sign, 11 of the exponent (less 1023), the first 20 of the mantissa. */
const MANTISSA_BITS = 10;
const DROPPED_BITS = 20 - MANTISSA_BITS;
const FIRST = (1_023 + LOWEST_EXPONENT) << MANTISSA_BITS;
const BUCKETS = OCTAVES << MANTISSA_BITS;
/** The cells before the buckets: the count, the minimum and the maximum. */
const COUNT = 0;
const MIN = 1;
const MAX = 2;
const BUCKET_0 = 3;

export const HISTOGRAM_CELLS = BUCKET_0 + BUCKETS;

const scratch = new Float64Array(1);
const halves = new Uint32Array(scratch.buffer);
const UPPER = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

export class LatencyHistogram {
  readonly #cells: Float64Array;

  /** @param cells HISTOGRAM_CELLS cells, zero at first */
  constructor(cells: Float64Array = new Float64Array(HISTOGRAM_CELLS)) {
    this.#cells = cells;
  }

  record(milliseconds: number): void {
    const cells = this.#cells;
    if (cells[COUNT] === 0 || milliseconds < cells[MIN]!) cells[MIN] = milliseconds;
    if (milliseconds > cells[MAX]!) cells[MAX] = milliseconds;
    cells[COUNT]! += 1;
    cells[BUCKET_0 + bucketOf(milliseconds)]! += 1;
  }

  get count(): number {
    return this.#cells[COUNT]!;
  }

  /** Exact; 0 when there is none. */
  get minMs(): number {
    return this.#cells[MIN]!;
  }

  /** Exact; 0 when there is none. */
  get maxMs(): number {
    return this.#cells[MAX]!;
  }

  /**
   * A percentile in milliseconds: never too low, and at most 1/1024 too high. Undefined when the histogram is empty.
   */
  percentile(percent: number): number | undefined {
    if (this.count === 0) return undefined;
    // 99.9 % of 1000 is 999, but a little more in binary fractions, which would be rounded up to 1000.
    let left = Math.max(1, Math.ceil((percent / 100) * this.count * (1 - Number.EPSILON)));
    // The last bucket has no upper edge: its values may be larger.
    for (let bucket = 0; bucket < BUCKETS - 1; bucket += 1) {
      left -= this.#cells[BUCKET_0 + bucket]!;
      // The upper edge of a bucket may be above the largest value in it.
      if (left <= 0) return Math.min(this.maxMs, lowerEdge(bucket + 1));
    }
    return this.maxMs;
  }

  /** The count of the buckets that begin at `fromMs` or later, and before `toMs`. */
  countBetween(fromMs: number, toMs: number): number {
    const end = bucketFrom(toMs);
    let count = 0;
    for (let bucket = bucketFrom(fromMs); bucket < end; bucket += 1) {
      count += this.#cells[BUCKET_0 + bucket]!;
    }
    return count;
  }

  /** Adds the counts of another histogram. */
  add(other: LatencyHistogram): void {
    if (other.count === 0) return;
    const cells = this.#cells;
    cells[MIN] = this.count === 0 ? other.minMs : Math.min(this.minMs, other.minMs);
    cells[MAX] = Math.max(this.maxMs, other.maxMs);
    cells[COUNT]! += other.count;
    for (let cell = BUCKET_0; cell < HISTOGRAM_CELLS; cell += 1) cells[cell]! += other.#cells[cell]!;
  }

  /** The values recorded since an earlier state. The minimum and maximum are edges of buckets, not exact values. */
  since(earlier: LatencyHistogram): LatencyHistogram {
    const difference = new LatencyHistogram();
    const cells = difference.#cells;
    let [first, last] = [-1, -1];
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const count = this.#cells[BUCKET_0 + bucket]! - earlier.#cells[BUCKET_0 + bucket]!;
      if (count === 0) continue;
      if (first < 0) first = bucket;
      last = bucket;
      cells[BUCKET_0 + bucket] = count;
      cells[COUNT]! += count;
    }
    cells[MIN] = first < 0 ? 0 : lowerEdge(first);
    cells[MAX] = last < 0 ? 0 : Math.min(this.maxMs, lowerEdge(last + 1));
    return difference;
  }
}

/** The upper bits of a positive double number the buckets: the exponent, and the first bits of the mantissa. */
function bucketOf(milliseconds: number): number {
  scratch[0] = milliseconds;
  const bucket = (halves[UPPER]! >>> DROPPED_BITS) - FIRST;
  return bucket < 0 || milliseconds <= 0 ? 0 : bucket < BUCKETS ? bucket : BUCKETS - 1;
}

/** The first bucket that begins at `milliseconds` or later. */
function bucketFrom(milliseconds: number): number {
  if (milliseconds === Number.POSITIVE_INFINITY) return BUCKETS;
  const bucket = bucketOf(milliseconds);
  return lowerEdge(bucket) < milliseconds ? bucket + 1 : bucket;
}

function lowerEdge(bucket: number): number {
  halves[1 - UPPER] = 0;
  halves[UPPER] = (bucket + FIRST) << DROPPED_BITS;
  return scratch[0]!;
}
