import { type CancelWake, type Clock, onDeadline } from '../../sampling/clock.ts';

/** A deadline that is put off again and again; `0` as its length means that it never ends. */
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

  /** Between a start and the next stop, also where it never ends. */
  get isRunning(): boolean {
    return this.#cancel !== undefined;
  }

  /** Counts from now on. */
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
