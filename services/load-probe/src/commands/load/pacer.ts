/** Which message comes next. */
export interface Pacer {
  /** When the next message is due, milliseconds of the clock; NaN when none is due now. */
  take(nowMs: number): number;
  /** No more messages: the time for all of them is over. */
  close(): void;
  /** Messages that were due so far, taken or not. */
  readonly due: number;
  /** When the oldest message was due that nobody has taken, milliseconds of the clock; Infinity when there is none. */
  readonly oldestDueMs: number;
  /** Whether none will ever be due again. */
  readonly isOver: boolean;
}

/** Closed loop: a message is due as soon as there is a place for it. */
export class ClosedPacer implements Pacer {
  readonly oldestDueMs = Number.POSITIVE_INFINITY;
  due = 0;
  isOver = false;

  take(nowMs: number): number {
    if (this.isOver) return Number.NaN;
    this.due += 1;
    return nowMs;
  }

  close(): void {
    this.isOver = true;
  }
}

/**
 * Open loop: message n is due at start + n × interval. One that finds no place waits, and its latency goes on from
 * when it was due: a target that stands still shows in every message that was due meanwhile, not in one
 * (coordinated omission).
 */
export class OpenPacer implements Pacer {
  readonly #startMs: number;
  readonly #intervalMs: number;
  readonly #count: number;
  due = 0;
  #taken = 0;
  #isClosed = false;

  constructor({
    startMs,
    intervalMs,
    count,
  }: {
    readonly startMs: number;
    readonly intervalMs: number;
    readonly count: number;
  }) {
    this.#startMs = startMs;
    this.#intervalMs = intervalMs;
    this.#count = count;
  }

  /** One more message is due. */
  advance(): void {
    if (!this.#isClosed) this.due += 1;
  }

  take(): number {
    if (this.#isClosed || this.#taken === this.due) return Number.NaN;
    const dueMs = this.oldestDueMs;
    this.#taken += 1;
    return dueMs;
  }

  close(): void {
    this.#isClosed = true;
    // Also those that a stall of this process kept from being issued.
    this.due = this.#count;
  }

  get oldestDueMs(): number {
    if (this.#taken === this.due) return Number.POSITIVE_INFINITY;
    return this.#startMs + this.#taken * this.#intervalMs;
  }

  get isOver(): boolean {
    return this.#isClosed || this.#taken === this.#count;
  }
}
