import { type Exchange, wasAsked } from './exchange.ts';

/** Of all sequence numbers: a greater distance is one backwards. */
const HALF = 2 ** 31;

/**
 * The exchanges of a flow: those without a reply, in the order of their requests, and which of the last samples have theirs.
 * The latter are many: a flow with a sample each 50 ms remembers 600.
 */
export class Exchanges {
  /** By sequence number. */
  readonly #open = new Map<number, Exchange>();
  /** By the lower bits of the sequence number: 1 where the sample has its reply. */
  readonly #answered: Uint8Array;
  readonly #lowerBits: number;
  #newest: number | undefined;

  /** @param remembered how many samples back a reply is known to be a further one, at least */
  constructor(remembered: number) {
    // A power of two: the numbers begin again at 2 ** 32.
    const length = 2 ** Math.ceil(Math.log2(remembered));
    this.#answered = new Uint8Array(length);
    this.#lowerBits = length - 1;
  }

  /** How many have no reply. */
  get size(): number {
    return this.#open.size;
  }

  /** Puts it behind the others. */
  add(exchange: Exchange): void {
    const sequence = numberOf(exchange);
    this.#advance(sequence);
    this.#open.delete(sequence);
    this.#open.set(sequence, exchange);
  }

  delete(exchange: Exchange): void {
    this.#open.delete(numberOf(exchange));
  }

  /** Remembers that it has its reply. */
  answered(exchange: Exchange): void {
    const sequence = numberOf(exchange);
    this.#open.delete(sequence);
    if (this.#isRecent(sequence)) this.#answered[sequence & this.#lowerBits] = 1;
  }

  /** Forgets the first ones, if they were given up by then: they can get no reply any more. */
  forgetGivenUp(untilMs: number): void {
    for (const exchange of this.#open.values()) {
      if (exchange.state === 'waiting' || exchange.endedMs > untilMs) return;
      this.delete(exchange);
    }
  }

  /** The exchange without a reply. */
  get(sequence: number): Exchange | undefined {
    return this.#open.get(sequence);
  }

  isAnswered(sequence: number): boolean {
    return this.#isRecent(sequence) && this.#answered[sequence & this.#lowerBits] === 1;
  }

  values(): IterableIterator<Exchange> {
    return this.#open.values();
  }

  /** The first that was sent: on a stream the next reply belongs to it by order. */
  get firstSent(): Exchange | undefined {
    for (const exchange of this.#open.values()) if (wasAsked(exchange)) return exchange;
    return undefined;
  }

  /** The first that was sent and whose sample is not recorded yet. */
  get firstWaiting(): Exchange | undefined {
    for (const exchange of this.#open.values()) if (isWaiting(exchange)) return exchange;
    return undefined;
  }

  /** The one whose sample is not recorded yet, where there is only one. */
  get onlyWaiting(): Exchange | undefined {
    const waiting = [...this.#open.values()].filter(isWaiting);
    return waiting.length === 1 ? waiting[0] : undefined;
  }

  #advance(sequence: number): void {
    const before = this.#newest ?? sequence - 1;
    const steps = (sequence - before) >>> 0;
    // Samples may be sent in another order.
    if (steps >= HALF) return;
    this.#newest = sequence;
    for (let step = Math.min(steps, this.#answered.length) - 1; step >= 0; step -= 1) {
      this.#answered[(sequence - step) & this.#lowerBits] = 0;
    }
  }

  #isRecent(sequence: number): boolean {
    return this.#newest !== undefined && (this.#newest - sequence) >>> 0 <= this.#lowerBits;
  }
}

function numberOf({ attempt }: Exchange): number {
  return attempt.sequence >>> 0;
}

function isWaiting(exchange: Exchange): boolean {
  return exchange.state === 'waiting' && wasAsked(exchange);
}
