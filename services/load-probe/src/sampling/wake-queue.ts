import type { CancelWake, Clock } from './clock.ts';

interface Wake {
  readonly due: number;
  /** Undefined where it was cancelled. */
  callback: (() => void) | undefined;
}

/**
 * The wakes of many schedules, of which the clock has only the next: its wait ends in turns of the event loop, which would
 * cost more than the samples if each of a thousand schedules waited so.
 */
export class WakeQueue implements Clock {
  readonly #clock: Clock;
  /** A binary heap: the wake at n is not due after those at 2n + 1 and 2n + 2. */
  readonly #heap: Wake[] = [];
  /** Wakes in the heap that are not cancelled. */
  #live = 0;
  #next: { readonly due: number; readonly cancel: CancelWake } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  epoch(): number {
    return this.#clock.epoch();
  }

  wakeAt(due: number, callback: () => void): CancelWake {
    const wake: Wake = { due, callback };
    this.#push(wake);
    this.#live += 1;
    this.#arm();
    return () => {
      if (wake.callback === undefined) return;
      wake.callback = undefined;
      this.#live -= 1;
      // Otherwise the clock would keep the process alive.
      if (this.#live === 0) this.#clear();
    };
  }

  #clear(): void {
    this.#heap.length = 0;
    this.#next?.cancel();
    this.#next = undefined;
  }

  #arm(): void {
    const [first] = this.#heap;
    if (first === undefined || (this.#next !== undefined && this.#next.due <= first.due)) return;
    this.#next?.cancel();
    const { due } = first;
    this.#next = { due, cancel: this.#clock.wakeAt(due, () => this.#wake()) };
  }

  #wake(): void {
    this.#next = undefined;
    const now = this.#clock.now();
    const due: Wake[] = [];
    // Taken first: a wake that they add is for a later turn, after the sockets are served.
    for (let first = this.#heap[0]; first !== undefined && first.due <= now; first = this.#heap[0]) {
      this.#pop();
      due.push(first);
    }
    for (const wake of due) {
      const { callback } = wake;
      if (callback === undefined) continue;
      wake.callback = undefined;
      this.#live -= 1;
      callback();
    }
    this.#arm();
  }

  #push(wake: Wake): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(wake);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (heap[parent]!.due <= wake.due) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = wake;
  }

  /** Removes the first. */
  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.due < heap[child]!.due) child += 1;
      if (heap[child]!.due >= last.due) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}
