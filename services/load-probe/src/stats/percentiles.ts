import { roundMs } from './history.ts';

/** Percentiles by nearest rank, milliseconds; null without values. Changes the order of the values. */
export function percentiles(values: Float32Array, shares: readonly number[]): (number | null)[] {
  const { length } = values;
  return shares.map((share) =>
    length === 0 ? null : roundMs(select(values, Math.ceil(length * share) - 1)),
  );
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
