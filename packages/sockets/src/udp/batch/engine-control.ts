const DRAINING_SLOT = 0;
const BEATS_SLOT = 1;

/** What a data plane and its engine's thread, which reads no messages, say to each other through shared memory. */
export class EngineControl {
  readonly memory: SharedArrayBuffer;
  readonly #slots: Int32Array;
  #seenBeats = -1;

  constructor(memory = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#slots = new Int32Array(memory);
  }

  get draining(): boolean {
    return Atomics.load(this.#slots, DRAINING_SLOT) !== 0;
  }

  drain(): void {
    Atomics.store(this.#slots, DRAINING_SLOT, 1);
  }

  beat(): void {
    Atomics.add(this.#slots, BEATS_SLOT, 1);
  }

  /** Whether the thread has beaten since this was last asked. */
  hasBeaten(): boolean {
    const beats = Atomics.load(this.#slots, BEATS_SLOT);
    const beaten = beats !== this.#seenBeats;
    this.#seenBeats = beats;
    return beaten;
  }
}
