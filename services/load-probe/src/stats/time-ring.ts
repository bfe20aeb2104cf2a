/**
 * Rows in the order of their times, in memory of a fixed size. The owner keeps the other columns, by slot.
 *
 * Positions only grow; the row at position p is in slot `p % capacity`.
 */
export class TimeRing {
  readonly capacity: number;
  readonly #at: Float64Array;
  readonly #move: (from: number, to: number) => void;
  /** The position after the newest row. */
  #end = 0;
  #count = 0;

  /** @param move copies a row of the owner's columns from one slot to another */
  constructor(capacity: number, move: (from: number, to: number) => void) {
    this.capacity = capacity;
    this.#at = new Float64Array(capacity);
    this.#move = move;
  }

  get isFull(): boolean {
    return this.#count === this.capacity;
  }

  /** The position of the oldest row. */
  get start(): number {
    return this.#end - this.#count;
  }

  get end(): number {
    return this.#end;
  }

  /** Of the newest row; -Infinity without rows. */
  get newestAt(): number {
    return this.#count === 0 ? Number.NEGATIVE_INFINITY : this.at(this.#end - 1);
  }

  slot(position: number): number {
    return position % this.capacity;
  }

  at(position: number): number {
    return this.#at[this.slot(position)]!;
  }

  /** Makes a row, behind rows of the same time; the ring must not be full. @returns its slot, for the other columns */
  insert(at: number): number {
    let position = this.#end;
    this.#end += 1;
    this.#count += 1;
    while (position > this.start && this.at(position - 1) > at) {
      const [from, to] = [this.slot(position - 1), this.slot(position)];
      this.#at[to] = this.#at[from]!;
      this.#move(from, to);
      position -= 1;
    }
    const slot = this.slot(position);
    this.#at[slot] = at;
    return slot;
  }

  dropOldest(count: number): void {
    this.#count -= count;
  }

  /** Drops the rows whose time is later than `at`. */
  dropAfter(at: number): void {
    while (this.newestAt > at) {
      this.#end -= 1;
      this.#count -= 1;
    }
  }

  /** The position of the first row whose time is `since` or later. */
  from(since: number): number {
    let low = this.start;
    let high = this.#end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.at(middle) < since) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
