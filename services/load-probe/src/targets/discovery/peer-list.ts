import { isIPv6 } from 'node:net';
import type { Family } from '../../net/family.ts';

/** More series than this of one name would be no bounded label any more. */
export const MAX_PEERS = 256;

/**
 * An address that is missing from one answer may be back in the next: resolvers answer in part, and pods fail their
 * readiness for a moment. One more answer without it, and it is gone, within two lookups of when it went.
 */
const MISSES_UNTIL_GONE = 2;

const byNumber = new Intl.Collator('en', { numeric: true });

export interface PeerChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The addresses of a name, kept up by the answers to its lookups. */
export class PeerList {
  /** By address, the oldest first: how many answers in a row it was missing from. */
  readonly #misses = new Map<string, number>();
  #omitted = 0;

  /** @param answers all addresses that the name has of a family, which may be none; of another one nothing is known */
  answer(answers: ReadonlyMap<Family, readonly string[]>): PeerChange {
    const removed: string[] = [];
    const answered = new Set([...answers.values()].flat());
    for (const [address, before] of this.#misses) {
      if (!answers.has(isIPv6(address) ? 6 : 4)) continue;
      const misses = answered.has(address) ? 0 : before + 1;
      if (misses < MISSES_UNTIL_GONE) {
        this.#misses.set(address, misses);
        continue;
      }
      this.#misses.delete(address);
      removed.push(address);
    }
    const strangers = [...answered].filter((address) => !this.#misses.has(address));
    const added = strangers.slice(0, MAX_PEERS - this.#misses.size);
    for (const address of added) this.#misses.set(address, 0);
    this.#omitted = strangers.length - added.length;
    return { added, removed };
  }

  /** At most MAX_PEERS, in an order that an answer's own order has no part in. */
  get addresses(): readonly string[] {
    return [...this.#misses.keys()].sort(byNumber.compare);
  }

  /** How many addresses of the last answer there was no room for. */
  get omitted(): number {
    return this.#omitted;
  }
}
