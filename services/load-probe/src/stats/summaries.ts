import { outcomes } from '../sampling/outcome.ts';
import { type Distribution, Quantiles, quantileOf } from './quantiles.ts';

/** The shares whose quantiles are kept: those that are shown, and some more for when several summaries become one. */
const SHARES = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1];
const EMPTY = -1;

/** What became of some samples. */
export interface Summary {
  /** By the index of the outcome. */
  readonly outcomes: Uint32Array;
  /** Milliseconds. */
  readonly rtts: Distribution;
}

/**
 * The samples of stretches of time of equal length, summed up. The memory has a fixed size: a new stretch replaces the
 * oldest one.
 */
export class Summaries {
  readonly widthMs: number;
  readonly #slots: number;
  /** By slot: the number of its stretch, counted from the Unix epoch; it is in slot `number % #slots`. */
  readonly #stretch: Int32Array;
  /** By slot and outcome. */
  readonly #outcomes: Uint32Array;
  /** By slot: how many samples have a round-trip time. */
  readonly #timed: Uint32Array;
  /** By slot and share: quantiles of the round-trip times, milliseconds. */
  readonly #rttsMs: Float32Array;

  constructor(widthMs: number, slots: number) {
    this.widthMs = widthMs;
    this.#slots = slots;
    this.#stretch = new Int32Array(slots).fill(EMPTY);
    this.#outcomes = new Uint32Array(slots * outcomes.length);
    this.#timed = new Uint32Array(slots);
    this.#rttsMs = new Float32Array(slots * SHARES.length);
  }

  get spanMs(): number {
    return this.widthMs * this.#slots;
  }

  /** The end of the stretch that a time is in. Times are milliseconds since the Unix epoch. */
  endOf(at: number): number {
    return (Math.floor(at / this.widthMs) + 1) * this.widthMs;
  }

  /** @param at the time of one of the samples, which are all of one stretch; older than all stretches, they are left out */
  add(at: number, added: Summary): void {
    const stretch = Math.floor(at / this.widthMs);
    const slot = stretch % this.#slots;
    if (this.#stretch[slot]! > stretch) return;
    if (this.#stretch[slot] !== stretch) this.#clear(slot, stretch);
    const present = this.#summary(slot);
    if (added.rtts.count > 0) {
      const rtts = [present.rtts, added.rtts];
      this.#rttsMs.set(
        SHARES.map((share) => quantileOf(rtts, share)!),
        slot * SHARES.length,
      );
      this.#timed[slot]! += added.rtts.count;
    }
    for (const [outcome, count] of added.outcomes.entries()) present.outcomes[outcome]! += count;
  }

  /** Drops the stretches that begin later than `at`. */
  dropAfter(at: number): void {
    for (let slot = 0; slot < this.#slots; slot += 1) {
      if (this.#stretch[slot]! * this.widthMs > at) this.#stretch[slot] = EMPTY;
    }
  }

  /** The stretches whose middle is in a time. */
  between(fromMs: number, endMs: number): Summary[] {
    const found: Summary[] = [];
    for (let slot = 0; slot < this.#slots; slot += 1) {
      const stretch = this.#stretch[slot]!;
      const middleMs = (stretch + 0.5) * this.widthMs;
      if (stretch !== EMPTY && middleMs >= fromMs && middleMs < endMs) found.push(this.#summary(slot));
    }
    return found;
  }

  #summary(slot: number): Summary {
    const [counts, shares] = [outcomes.length, SHARES.length];
    const values = this.#rttsMs.subarray(slot * shares, (slot + 1) * shares);
    return {
      outcomes: this.#outcomes.subarray(slot * counts, (slot + 1) * counts),
      rtts: new Quantiles(this.#timed[slot]!, SHARES, values),
    };
  }

  #clear(slot: number, stretch: number): void {
    this.#stretch[slot] = stretch;
    this.#timed[slot] = 0;
    this.#outcomes.fill(0, slot * outcomes.length, (slot + 1) * outcomes.length);
  }
}
