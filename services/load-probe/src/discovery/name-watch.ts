import { lookup } from 'node:dns/promises';
import type { Logger } from '@echo-daytime/runtime';
import { isWithoutAddress, lookupWords } from '../net/find-addresses.ts';
import type { LookupStatus } from '../status.ts';
import { MAX_PEERS, type PeerChange, PeerList } from './peer-list.ts';

/** All addresses of a name, none where it has none; rejects where there is no answer. */
export type LookUp = (host: string) => Promise<readonly string[]>;

export interface NameWatchOptions {
  readonly host: string;
  readonly intervalMs: number;
  readonly lookUp: LookUp;
  /** Milliseconds since the Unix epoch. */
  epoch(): number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  answered(change: PeerChange): void;
  /** There was no answer in its time. */
  failed(): void;
}

/**
 * Looks a name up at once and then at every interval. A lookup that fails leaves the addresses as they are; that it
 * does is logged once, as is every other trouble while it lasts.
 */
export class NameWatch {
  readonly #options: NameWatchOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #peers = new PeerList();
  #lookup: LookupStatus = { state: 'pending' };
  /** The lookup under way and whether it has been called a failure already. */
  #underWay: { overdue: boolean } | undefined;
  #isKnownToBeEmpty = false;
  #closed = false;

  constructor(options: NameWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), options.intervalMs).unref();
    this.#tick();
  }

  get addresses(): readonly string[] {
    return this.#peers.addresses;
  }

  get omitted(): number {
    return this.#peers.omitted;
  }

  get lookup(): LookupStatus {
    return this.#lookup;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  #tick(): void {
    const { host, intervalMs } = this.#options;
    if (this.#underWay) {
      // Not asked once more: every lookup that hangs holds one of libuv's few threads.
      this.#underWay.overdue = true;
      this.#fail(`the resolver did not answer for ${host} within ${intervalMs} ms`);
      return;
    }
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const { host, lookUp } = this.#options;
    const asked = { overdue: false };
    this.#underWay = asked;
    try {
      const addresses = await lookUp(host);
      this.#underWay = undefined;
      this.#take(addresses);
    } catch (error) {
      this.#underWay = undefined;
      if (!asked.overdue) this.#fail(lookupWords(error as Error, host));
    }
  }

  #take(addresses: readonly string[]): void {
    if (this.#closed) return;
    const { answered, host, log } = this.#options;
    if (this.#lookup.state === 'failing') log.info({ host }, 'addresses can be looked up again');
    this.#lookup = { state: 'answered' };
    const omittedBefore = this.#peers.omitted;
    const change = this.#peers.answer(addresses);
    const { addresses: peers, omitted } = this.#peers;
    if (change.added.length + change.removed.length > 0) {
      log.info({ host, ...change, peers: peers.length }, 'peers changed');
    }
    if (peers.length === 0 && !this.#isKnownToBeEmpty) {
      log.warn({ host }, 'the name has no address: there is no peer to probe until it has');
    }
    this.#isKnownToBeEmpty = peers.length === 0;
    if (omitted > 0 && omittedBefore === 0) {
      log.warn(
        { host, peers: MAX_PEERS, omitted },
        'too many addresses, those that came last are not probed: spread them over several names',
      );
    }
    answered(change);
  }

  #fail(reason: string): void {
    if (this.#closed) return;
    const { epoch, failed, host, log } = this.#options;
    if (this.#lookup.state !== 'failing') {
      const peers = this.#peers.addresses.length;
      log.warn({ host, reason, peers }, "addresses can't be looked up, the peers stay as they are");
    }
    const since = this.#lookup.state === 'failing' ? this.#lookup.since : epoch();
    this.#lookup = { state: 'failing', since, reason };
    failed();
  }
}

/** Asks the way the system does: hosts file, search domains, resolver; IPv4 and IPv6. */
export async function systemLookUp(host: string): Promise<readonly string[]> {
  try {
    const found = await lookup(host, { all: true, order: 'verbatim' });
    return found.map(({ address }) => address);
  } catch (error) {
    if (isWithoutAddress(error as Error)) return [];
    throw error;
  }
}
