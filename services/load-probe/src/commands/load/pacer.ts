/** Decides when messages are due. */
export interface Pacer {
  /** When the next message is due, milliseconds of the clock; NaN when none is due now. */
  take(nowMs: number): number;
  /** No more messages: the time for all of them is over. */
  close(): void;
  /** Messages that were due so far, taken or not. */
  readonly due: number;
  /** When the oldest message that was not taken yet was due, milliseconds of the clock; Infinity when there is none. */
  readonly oldestDueMs: number;
  /** Whether no more messages will be due. */
  readonly isOver: boolean;
}

/** Closed loop: a message is due as soon as a flow has capacity for it. */
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
 * Open loop: message n is due at start + n × interval. A message that finds no free flow waits, and its latency counts
 * from its due time. So a target that stalls shows in every message that was due meanwhile, and not in one only
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
    // Messages that a stall of this process kept from being issued were due too.
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
