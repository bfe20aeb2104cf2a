import type { SharedFaults } from '@echo-daytime/worker';
import type { ConnectionHome, TcpConnection } from '../tcp/connection.ts';
import type { TcpWire } from '../tcp/transport.ts';
import { FaultyConnection } from './faulty-connection.ts';
import { HeldAnswers } from './held-answers.ts';
import { type Fate, fateOf, holdsAnswers, type RandomSource } from './picked-faults.ts';

/** The faults of one TCP listener; exists only where they can be injected. */
export class TcpFaults {
  readonly held: HeldAnswers;
  readonly #shared: SharedFaults;
  readonly #random: RandomSource;

  constructor(shared: SharedFaults, random: RandomSource = Math.random, held = new HeldAnswers()) {
    this.#shared = shared;
    this.#random = random;
    this.held = held;
  }

  /** An accepted connection whose answers suffer. */
  connection(wire: TcpWire, home: ConnectionHome): TcpConnection {
    return new FaultyConnection(wire, home, this);
  }

  /** Whether the next connection is refused. */
  refuses(): boolean {
    const { refuse } = this.#shared.current;
    return refuse !== undefined && this.#random() < refuse.probability;
  }

  fateOf(answer: Uint8Array): Fate {
    return fateOf(answer, this.#shared.current, this.#random);
  }

  get stall(): boolean {
    return this.#shared.current.stall !== undefined;
  }

  get holdsAnswers(): boolean {
    return holdsAnswers(this.#shared.current);
  }
}
