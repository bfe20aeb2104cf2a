import type { CancelWake, Clock } from './clock.ts';

/**
 * After hours in which the process was frozen, millions of samples are due at once. They are issued in portions: thus
 * observers can send their results, and sockets and other schedules have their turn.
 */
const MAX_PER_TURN = 1_000;

export interface ScheduleOptions {
  readonly clock: Clock;
  /** Due time of sample 0, milliseconds of the clock. */
  readonly startMs: number;
  readonly intervalMs: number;
  /** Number of samples; Infinity = until stopped. */
  readonly count: number;
  /** Starts a sample; must not throw. */
  issue(sequence: number, dueMs: number): void;
  /** Called once, after the last sample was issued or the schedule was stopped. */
  ended(): void;
}

/**
 * Open loop: sample n is due at start + n × interval, independent of earlier samples. A timer that fires late issues
 * every sample that is due by then, each with its own due time, so that a stall neither shifts nor skips samples. Many
 * due samples are issued in portions, one per turn of the event loop.
 */
export class Schedule {
  readonly #options: ScheduleOptions;
  #next = 0;
  #state: { readonly name: 'waiting'; readonly cancel: CancelWake } | { readonly name: 'ended' };

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.#state = { name: 'waiting', cancel: this.#wait() };
  }

  stop(): void {
    if (this.#state.name === 'ended') return;
    this.#state.cancel();
    this.#end();
  }

  #wait(): CancelWake {
    return this.#options.clock.wakeAt(this.#due(this.#next), () => this.#turn());
  }

  #turn(): void {
    const { clock, count, issue } = this.#options;
    // Read once: samples that become due meanwhile are issued in the next turn, after the sockets are served.
    const now = clock.now();
    const end = Math.min(count, this.#next + MAX_PER_TURN);
    while (this.#next < end && this.#due(this.#next) <= now) {
      const sequence = this.#next;
      this.#next += 1;
      issue(sequence, this.#due(sequence));
    }
    // An issued sample may have stopped the schedule.
    if (this.#state.name === 'ended') return;
    if (this.#next < count) this.#state = { name: 'waiting', cancel: this.#wait() };
    else this.#end();
  }

  #due(sequence: number): number {
    return this.#options.startMs + sequence * this.#options.intervalMs;
  }

  #end(): void {
    this.#state = { name: 'ended' };
    this.#options.ended();
  }
}
