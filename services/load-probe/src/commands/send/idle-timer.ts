import { type CancelWake, type Clock, onDeadline } from '../../sampling/clock.ts';

/** A timer that each start sets back. With a length of 0 it never expires. */
export class IdleTimer {
  readonly #clock: Clock;
  readonly #lengthMs: number;
  readonly #expire: () => void;
  #cancel: CancelWake | undefined;

  constructor(clock: Clock, lengthMs: number, expire: () => void) {
    this.#clock = clock;
    this.#lengthMs = lengthMs;
    this.#expire = expire;
  }

  /** Whether it was started and not stopped, also where it never expires. */
  get isRunning(): boolean {
    return this.#cancel !== undefined;
  }

  /** Starts, or starts again from now. */
  start(): void {
    this.stop();
    this.#cancel =
      this.#lengthMs > 0
        ? onDeadline(this.#clock, this.#clock.now() + this.#lengthMs, this.#expire)
        : nothingToCancel;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

function nothingToCancel(): void {}
