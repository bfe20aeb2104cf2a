/** What replies of one listener and worker may take in memory while they are held. Bytes. */
export const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** What holding a reply takes beside its bytes: a timer, a place in a queue. Bytes, a generous estimate. */
const OVERHEAD_BYTES = 512;
/** How soon what is held goes out once the listener's faults have nothing wait any more. Milliseconds. */
const RELEASE_CHECK_MS = 25;

/** A connection or listener that holds replies back. */
interface Holder {
  /** Sends what the faults of now do not hold back. */
  review(): void;
}

/** What one listener holds back: bounded, and let go when the faults end. */
export class HeldReplies {
  readonly #maxBytes: number;
  readonly #holders = new Set<Holder>();
  #bytes = 0;
  #review: NodeJS.Timeout | undefined;

  constructor(maxBytes = MAX_HELD_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Makes room for a reply of so many bytes; false when there is none. */
  add(holder: Holder, bytes: number): boolean {
    const taken = bytes + OVERHEAD_BYTES;
    if (this.#bytes + taken > this.#maxBytes) return false;
    this.#bytes += taken;
    this.#holders.add(holder);
    this.#review ??= setInterval(() => this.review(), RELEASE_CHECK_MS);
    return true;
  }

  /** Gives back the room of one reply. */
  remove(bytes: number): void {
    this.#bytes -= bytes + OVERHEAD_BYTES;
  }

  /** The holder has nothing left. */
  done(holder: Holder): void {
    this.#holders.delete(holder);
    if (this.#holders.size > 0) return;
    clearInterval(this.#review);
    this.#review = undefined;
  }

  review(): void {
    for (const holder of this.#holders) holder.review();
  }
}
