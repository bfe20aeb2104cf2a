import { type CancelWake, type Clock, onDeadline } from './clock.ts';

/** Longer than Linux delays an acknowledgement (TCP_DELACK_MIN, 40 ms). */
const MIN_GAP_MS = 50;

/**
 * Waits for a time without bytes, which shows that a reply without an end mark is whole. A reply written in one piece
 * has no gap on any path, because one packet holds it. A reply written in two pieces may have one: Nagle's algorithm
 * (RFC 896) holds the second piece until the first is acknowledged, which takes a round trip and this host's delayed
 * acknowledgement.
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
   * @param lastByteMs when the last byte came, milliseconds of the clock
   * @param firstByteMs from the request to the first byte of the reply, at least a round trip
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
