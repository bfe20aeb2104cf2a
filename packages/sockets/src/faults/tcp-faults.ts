import type { SharedFaults } from '@echo-daytime/worker';
import { HeldReplies } from './held-replies.ts';
import { holdsReplies, type PickedFaults, pickFaults, type RandomSource } from './picked-faults.ts';

/** The faults of one TCP listener; exists only with FAULTS=on. */
export class TcpFaults {
  readonly held = new HeldReplies();
  readonly #shared: SharedFaults;
  readonly #idleTimeout: number;
  readonly #random: RandomSource = Math.random;

  /** @param idleTimeout of the listener, milliseconds; 0 = never */
  constructor(shared: SharedFaults, idleTimeout: number) {
    this.#shared = shared;
    this.#idleTimeout = idleTimeout;
  }

  /** Whether the next connection is refused. */
  refuses(): boolean {
    const { refuse } = this.#shared.current;
    return refuse !== undefined && this.#random() < refuse.probability;
  }

  pick(reply: Uint8Array): PickedFaults {
    return pickFaults(reply, this.#shared.current, this.#random);
  }

  get stall(): boolean {
    return this.#shared.current.stall !== undefined;
  }

  get holdsReplies(): boolean {
    return holdsReplies(this.#shared.current);
  }

  /** Whether a connection without traffic for this long is closed. */
  isIdle(quietMs: number): boolean {
    return this.#idleTimeout > 0 && quietMs >= this.#idleTimeout;
  }
}
