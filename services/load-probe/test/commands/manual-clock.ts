import type { Clock } from '../../src/sampling/clock.ts';

/** A clock that a test turns by hand. */
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

  /** Goes on to `to`, as if nothing ran meanwhile, then calls back what is due, also what that asks for. */
  jump(to: number): void {
    this.#now = to;
    for (;;) {
      const due = [...this.#wakes].find(([, wake]) => wake.due <= to);
      if (!due) return;
      this.#wakes.delete(due[0]);
      due[1].callback();
    }
  }

  /** Goes on to `to`, as if the process was stopped meanwhile: nothing is called back yet. */
  skip(to: number): void {
    this.#now = to;
  }

  /** Calls back what is due, and not what that asks for. */
  turn(): void {
    for (const [key, { callback, due }] of [...this.#wakes]) {
      if (due <= this.#now && this.#wakes.delete(key)) callback();
    }
  }

  /** Goes on to `to` with every wake at its time. */
  run(to: number): void {
    for (;;) {
      const next = Math.min(...[...this.#wakes.values()].map(({ due }) => due));
      if (next > to) break;
      this.jump(Math.max(next, this.#now));
    }
    this.#now = to;
  }
}
