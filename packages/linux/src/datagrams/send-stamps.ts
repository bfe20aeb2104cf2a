/** Maximum number of datagrams whose stamps are awaited: some devices stamp nothing. */
const MAX_AWAITED = 4_096;

/** Assigns the kernel's send stamps to datagrams, by the numbers that the kernel gives to the datagrams of a socket. */
export class SendStamps {
  /** By number of the datagram. */
  readonly #awaited = new Map<number, (sentAt: number) => void>();
  #sentCount = 0;
  /** Milliseconds since the Unix epoch. */
  #countedSince = 0;

  get isAwaited(): boolean {
    return this.#awaited.size > 0;
  }

  /** Awaits no stamp any more; the kernel counts on. */
  forget(): void {
    this.#awaited.clear();
  }

  /** Counts a datagram that the kernel has taken. */
  sent(stamped: ((sentAt: number) => void) | undefined): void {
    if (this.#awaited.size === MAX_AWAITED) this.#awaited.clear();
    if (stamped !== undefined) this.#awaited.set(this.#sentCount, stamped);
    this.#sentCount += 1;
  }

  /** @param sentAt milliseconds since the Unix epoch */
  stamped(datagram: number, sentAt: number): void {
    // A stamp of an earlier count.
    if (sentAt < this.#countedSince) return;
    this.#awaited.get(datagram)?.(sentAt);
    this.#awaited.delete(datagram);
  }

  /** Counts from 0 again, as the kernel does when the option is set anew. */
  restart(): void {
    this.#awaited.clear();
    this.#sentCount = 0;
    this.#countedSince = Date.now();
  }
}
