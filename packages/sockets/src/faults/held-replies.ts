/** Memory for the held replies of one listener in one worker. Bytes. */
export const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** Memory that a held reply takes beside its bytes: a timer and a queue entry. Bytes, a generous estimate. */
const OVERHEAD_BYTES = 512;
/** Time between two checks whether the faults have ended, so that the held replies can be sent. Milliseconds. */
const RELEASE_CHECK_MS = 25;

/** A connection or listener with held replies. */
interface Holder {
  /** Sends the replies that the current faults do not hold. */
  review(): void;
}

/** The held replies of one listener: bounded in memory, and sent when the faults end. */
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

  /** Reserves memory for a reply; false when the limit is reached. */
  add(holder: Holder, bytes: number): boolean {
    const taken = bytes + OVERHEAD_BYTES;
    if (this.#bytes + taken > this.#maxBytes) return false;
    this.#bytes += taken;
    this.#holders.add(holder);
    this.#review ??= setInterval(() => this.review(), RELEASE_CHECK_MS);
    return true;
  }

  /** Frees the memory of one reply. */
  remove(bytes: number): void {
    this.#bytes -= bytes + OVERHEAD_BYTES;
  }

  /** The holder has no held replies left. */
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
