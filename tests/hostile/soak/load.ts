import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../harness/random.ts';
import { IntegrityError } from './conversation.ts';

/** Maximum failures shown: more of the same kind add no information. */
const MAX_KEPT = 20;
/** Size of the pool of random bytes; each request is cut out at a random offset. */
export const POOL_BYTES = 1024 ** 2;

/** The failures, and the numbers of successful exchanges. */
export class Findings {
  exchanges = 0;
  integrityFailures = 0;
  otherFailures = 0;
  readonly #sentences: string[] = [];

  failed(who: string, error: unknown): void {
    if (error instanceof IntegrityError) this.integrityFailures += 1;
    else this.otherFailures += 1;
    if (this.#sentences.length < MAX_KEPT) {
      this.#sentences.push(`${who}: ${error instanceof Error ? error.message : error}`);
    }
  }

  get sentences(): readonly string[] {
    const more = this.integrityFailures + this.otherFailures - this.#sentences.length;
    return more > 0 ? [...this.#sentences, `and ${more} more of these`] : this.#sentences;
  }
}

/** The context of a client: its random numbers, the signal to stop, and the findings. */
export class Load {
  readonly random: Random;
  readonly findings: Findings;
  readonly #signal: AbortSignal;
  readonly #pool: Buffer;

  /** @param pool random bytes that all clients share */
  constructor(seed: number, pool: Buffer, signal: AbortSignal, findings: Findings) {
    this.random = new Random(seed);
    this.findings = findings;
    this.#signal = signal;
    this.#pool = pool;
  }

  get isOver(): boolean {
    return this.#signal.aborted;
  }

  /** From `least` to `most` milliseconds, or until the load is over. */
  async pause(least: number, most: number): Promise<void> {
    const milliseconds = least + this.random.below(most - least + 1);
    await delay(milliseconds, undefined, { signal: this.#signal }).catch(() => {});
  }

  bytes(length: number): Buffer {
    const from = this.random.below(this.#pool.length - length + 1);
    return this.#pool.subarray(from, from + length);
  }

  /** A random word of letters and digits. */
  word(length: number): string {
    return this.bytes(length).toString('base64url').slice(0, length);
  }

  /** Repeats a turn until the load is over. A failure is recorded and does not end the loop. */
  async repeat(who: string, turn: () => Promise<void>, pauseMs: readonly [number, number]): Promise<void> {
    while (!this.isOver) {
      try {
        await turn();
      } catch (error) {
        this.findings.failed(who, error);
      }
      await this.pause(...pauseMs);
    }
  }
}
