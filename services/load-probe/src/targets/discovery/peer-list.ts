import { isIPv6 } from 'node:net';
import type { Family } from '../../net/family.ts';

/** Bounds the number of series of one name, and so the values of the label `peer`. */
export const MAX_PEERS = 256;

/**
 * An address is removed after this many answers without it. One is not enough: resolvers may answer with a part of the
 * addresses, and pods may be unready for a moment.
 */
const MISSES_UNTIL_GONE = 2;

const byNumber = new Intl.Collator('en', { numeric: true });

export interface PeerChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** The addresses of a name, updated by the answers to its lookups. */
export class PeerList {
  /** By address, the oldest first: how many answers in a row did not have it. */
  readonly #misses = new Map<string, number>();
  #omitted = 0;

  /** @param answers all addresses of each family that was looked up; a family without an answer is left out */
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
    const unknown = [...answered].filter((address) => !this.#misses.has(address));
    const added = unknown.slice(0, MAX_PEERS - this.#misses.size);
    for (const address of added) this.#misses.set(address, 0);
    this.#omitted = unknown.length - added.length;
    return { added, removed };
  }

  /** At most MAX_PEERS, sorted, whatever the order of the answers. */
  get addresses(): readonly string[] {
    return [...this.#misses.keys()].sort(byNumber.compare);
  }

  /** How many addresses of the last answer are above MAX_PEERS. */
  get omitted(): number {
    return this.#omitted;
  }
}
