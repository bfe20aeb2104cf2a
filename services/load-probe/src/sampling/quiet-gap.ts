import { type CancelWake, type Clock, onDeadline } from './clock.ts';

/** More than Linux puts off an acknowledgement (TCP_DELACK_MIN, 40 ms). */
const MIN_GAP_MS = 50;

/**
 * Waits until nothing has followed for a while: then an answer without an end of its own is over. A server that writes
 * an answer in one piece makes no gap, however slow the path is: one packet holds it. A server that writes it in two
 * pieces may hold the second back until the first is acknowledged (Nagle, RFC 896), which takes a round trip and what
 * this host puts off its acknowledgement.
 */
export class QuietGap {
  readonly #clock: Clock;
  #cancel: CancelWake | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isAwaited(): boolean {
    return this.#cancel !== undefined;
  }

  /**
   * @param lastByteMs when the last of the answer came, milliseconds of the clock
   * @param firstByteMs from the request to its first byte, which is a round trip at least
   */
  await(lastByteMs: number, firstByteMs: number, over: () => void): void {
    this.stop();
    this.#cancel = onDeadline(this.#clock, lastByteMs + MIN_GAP_MS + firstByteMs, () => {
      this.#cancel = undefined;
      over();
    });
  }

  /** @returns whether it was awaited */
  stop(): boolean {
    const { isAwaited } = this;
    this.#cancel?.();
    this.#cancel = undefined;
    return isAwaited;
  }
}
