/**
 * An exact count of connections over all workers. Each worker acquires and releases; the control plane releases the
 * connections of a dead worker. Slot 0 is the total, slot 1 + w the count of worker w.
 */
export class ConnectionLimit {
  readonly #slots: Int32Array;
  readonly #mine: number;

  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#slots = new Int32Array(memory);
    this.#mine = 1 + worker;
  }

  static memoryFor(workers: number): SharedArrayBuffer {
    return new SharedArrayBuffer((1 + workers) * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Counts one more connection; false when the total has reached `limit`. */
  acquire(limit: number): boolean {
    // Adding first and subtracting on failure would refuse other workers in between, below the limit.
    for (;;) {
      const total = Atomics.load(this.#slots, 0);
      if (total >= limit) return false;
      if (Atomics.compareExchange(this.#slots, 0, total, total + 1) === total) break;
    }
    Atomics.add(this.#slots, this.#mine, 1);
    return true;
  }

  release(): void {
    Atomics.sub(this.#slots, this.#mine, 1);
    Atomics.sub(this.#slots, 0, 1);
  }

  /** Releases all connections of this worker. Call only when the worker can no longer acquire. */
  releaseAll(): void {
    Atomics.sub(this.#slots, 0, Atomics.exchange(this.#slots, this.#mine, 0));
  }

  get total(): number {
    return Atomics.load(this.#slots, 0);
  }
}
