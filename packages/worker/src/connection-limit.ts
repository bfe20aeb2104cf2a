/**
 * A count held across workers that stays exact: each worker acquires and releases, the control plane releases
 * what a dead worker still held. Slot 0 is the total, slot 1 + w what worker w holds.
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

  /** Takes one of `limit`; false when all are taken. */
  acquire(limit: number): boolean {
    // Adding first and taking back would refuse others in between, though there was room for them.
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

  /** Gives back all that this worker holds. Call only when the worker can no longer acquire. */
  releaseAll(): void {
    Atomics.sub(this.#slots, 0, Atomics.exchange(this.#slots, this.#mine, 0));
  }

  get total(): number {
    return Atomics.load(this.#slots, 0);
  }
}
