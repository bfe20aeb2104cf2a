import type { LoadFlow } from './flow.ts';

/** A queue of flows with capacity; the flow that has waited longest comes first. No flow is in it twice. */
export class FlowQueue {
  readonly #flows: (LoadFlow | undefined)[];
  readonly #members = new Set<LoadFlow>();
  #first = 0;

  /** @param capacity how many flows there are */
  constructor(capacity: number) {
    this.#flows = new Array<LoadFlow | undefined>(capacity);
  }

  add(flow: LoadFlow): void {
    if (this.#members.has(flow)) return;
    this.#flows[(this.#first + this.#members.size) % this.#flows.length] = flow;
    this.#members.add(flow);
  }

  /** The next flow that still has capacity. */
  take(): LoadFlow | undefined {
    while (this.#members.size > 0) {
      const flow = this.#flows[this.#first]!;
      this.#first = (this.#first + 1) % this.#flows.length;
      this.#members.delete(flow);
      if (flow.capacity > 0) return flow;
    }
    return undefined;
  }
}
