/** Values of which some quantiles are known. */
export interface Distribution {
  readonly count: number;
  /** The quantile of a share, 0 to 1, by nearest rank where it is known. Not called without values. */
  quantile(share: number): number;
  /** How many of the values are at most `value`; may have a fraction. */
  countUpTo(value: number): number;
}

/** Bisections of the range of values, after which the rest is less than a float can tell. */
const MAX_STEPS = 40;
/** More than the rounding errors of a sum, less than a value. */
const TOLERANCE = 1e-6;

/** The quantile of all values of several distributions; undefined where there is none. */
export function quantileOf(parts: readonly Distribution[], share: number): number | undefined {
  const filled = parts.filter(({ count }) => count > 0);
  const [only] = filled;
  if (only === undefined) return undefined;
  if (filled.length === 1) return only.quantile(share);
  const wanted = share * filled.reduce((sum, { count }) => sum + count, 0) - TOLERANCE;
  const countUpTo = (value: number): number =>
    filled.reduce((sum, distribution) => sum + distribution.countUpTo(value), 0);
  let low = Math.min(...filled.map((distribution) => distribution.quantile(0)));
  let high = Math.max(...filled.map((distribution) => distribution.quantile(1)));
  if (share === 1) return high;
  if (countUpTo(low) >= wanted) return low;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const middle = (low + high) / 2;
    if (countUpTo(middle) >= wanted) high = middle;
    else low = middle;
  }
  return high;
}

/** All values are known. */
export class Values implements Distribution {
  readonly count: number;
  readonly #ascending: ArrayLike<number>;

  constructor(ascending: ArrayLike<number>) {
    this.#ascending = ascending;
    this.count = ascending.length;
  }

  quantile(share: number): number {
    return this.#ascending[Math.max(0, Math.ceil(this.count * share) - 1)]!;
  }

  countUpTo(value: number): number {
    return firstAbove(this.#ascending, value);
  }
}

/** The quantiles of a few shares are known; between two of them values are taken to be spread evenly. */
export class Quantiles implements Distribution {
  readonly count: number;
  readonly #shares: readonly number[];
  readonly #values: ArrayLike<number>;

  /** @param shares ascending, from 0 to 1 */
  constructor(count: number, shares: readonly number[], values: ArrayLike<number>) {
    this.count = count;
    this.#shares = shares;
    this.#values = values;
  }

  quantile(share: number): number {
    const known = this.#shares.indexOf(share);
    if (known < 0) throw new RangeError(`the quantile of ${share} is not among those of ${this.#shares}`);
    return this.#values[known]!;
  }

  countUpTo(value: number): number {
    const above = firstAbove(this.#values, value);
    if (above === 0) return 0;
    if (above === this.#shares.length) return this.count;
    const [lowShare, highShare] = [this.#shares[above - 1]!, this.#shares[above]!];
    const [low, high] = [this.#values[above - 1]!, this.#values[above]!];
    const share = lowShare + ((highShare - lowShare) * (value - low)) / (high - low);
    return Math.max(1, share * this.count);
  }
}

/** The index of the first of ascending values that is above `value`. */
function firstAbove(ascending: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The quantiles of values in any order, by nearest rank; none without values. Changes the order of the values. */
export function quantilesOf(values: Float32Array, shares: readonly number[]): number[] {
  const { length } = values;
  return length === 0
    ? []
    : shares.map((share) => select(values, Math.max(0, Math.ceil(length * share) - 1)));
}

/**
 * The value that would be at an index if the values were ascending, by Hoare's quickselect: for a few values less than half
 * as dear as sorting.
 */
function select(values: Float32Array, index: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >>> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left += 1;
      while (values[right]! > pivot) right -= 1;
      if (left > right) break;
      const swapped = values[left]!;
      values[left] = values[right]!;
      values[right] = swapped;
      left += 1;
      right -= 1;
    }
    if (index <= right) high = right;
    else if (index >= left) low = left;
    else break;
  }
  return values[index]!;
}
