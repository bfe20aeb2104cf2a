import type { Clock } from '../../src/sampling/clock.ts';

/** A clock that a test moves. */
export class ManualClock implements Clock {
  #now = 0;
  #wakes = new Map<object, { readonly due: number; readonly callback: () => void }>();

  now(): number {
    return this.#now;
  }

  epoch(): number {
    return 1_700_000_000_000 + this.#now;
  }

  wakeAt(due: number, callback: () => void): () => void {
    const key = {};
    this.#wakes.set(key, { due, callback });
    return () => this.#wakes.delete(key);
  }

  get waiting(): number {
    return this.#wakes.size;
  }

  /** Moves to `to` in one step, then runs all due callbacks, also those that they add. */
  jump(to: number): void {
    this.#now = to;
    for (;;) {
      const due = [...this.#wakes].find(([, wake]) => wake.due <= to);
      if (!due) return;
      this.#wakes.delete(due[0]);
      due[1].callback();
    }
  }

  /** Moves to `to` without running callbacks, as if the process were stopped. */
  skip(to: number): void {
    this.#now = to;
  }

  /** Runs the due callbacks, but not those that they add. */
  turn(): void {
    for (const [key, { callback, due }] of [...this.#wakes]) {
      if (due <= this.#now && this.#wakes.delete(key)) callback();
    }
  }

  /** Moves to `to`, with every callback at its due time. */
  run(to: number): void {
    for (;;) {
      const next = Math.min(...[...this.#wakes.values()].map(({ due }) => due));
      if (next > to) break;
      this.jump(Math.max(next, this.#now));
    }
    this.#now = to;
  }
}
