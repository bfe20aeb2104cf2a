const HEADER_BYTES = 8;

/** The input that a thread is trying, where another thread sees it whatever becomes of the first. */
export class Slate {
  readonly #header: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#header = new Int32Array(memory, 0, 2);
    this.#bytes = new Uint8Array(memory, HEADER_BYTES);
  }

  /** @param maxBytes of an input; a longer one is cut off */
  static memory(maxBytes: number): SharedArrayBuffer {
    return new SharedArrayBuffer(HEADER_BYTES + maxBytes);
  }

  write(input: Buffer): void {
    const length = Math.min(input.length, this.#bytes.length);
    this.#bytes.set(input.subarray(0, length));
    this.#header[1] = length;
    Atomics.add(this.#header, 0, 1);
  }

  /** How many inputs were tried. */
  get tried(): number {
    return Atomics.load(this.#header, 0);
  }

  /** The one that is tried now. */
  get input(): Buffer {
    return Buffer.from(this.#bytes.slice(0, this.#header[1]));
  }
}
