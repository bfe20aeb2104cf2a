import type { Logger } from '@echo-daytime/runtime';
import type { LookupStatus } from '../../monitor/status/types.ts';
import { type Family, families, familyName } from '../../net/family.ts';
import { type askSystem, isWithoutAddress, lookupDetail, noAnswerFor } from '../../net/resolve.ts';
import { MAX_PEERS, type PeerChange, PeerList } from './peer-list.ts';

/** The result of a lookup: an answer, or why there is none. */
type LookupResult =
  | { readonly addresses: readonly string[]; readonly reason?: never }
  | { readonly addresses?: never; readonly reason: string };

export interface NameWatchOptions {
  readonly host: string;
  readonly intervalMs: number;
  readonly lookUp: typeof askSystem;
  /** Milliseconds since the Unix epoch. */
  epoch(): number;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  answered(change: PeerChange): void;
  /** The lookup of this family failed or timed out. */
  failed(family: Family): void;
}

/**
 * Looks up a name at once and then at every interval, one family after the other: in a lookup of both, the system hides a
 * failure of one family behind the addresses of the other. A failed lookup leaves the addresses of its family as they
 * are. Each problem is logged once, when it begins.
 */
export class NameWatch {
  readonly #options: NameWatchOptions;
  readonly #timer: NodeJS.Timeout;
  readonly #peers = new PeerList();
  readonly #failing = new Map<Family, { readonly since: number; readonly reason: string }>();
  /** The results since the last `#applyResults`. */
  readonly #results = new Map<Family, LookupResult>();
  /** The lookup under way, and whether it was already counted as a failure. */
  #underWay: { readonly family: Family; overdue: boolean } | undefined;
  #hasResult = false;
  #isEmptyLogged = false;
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
    if (!this.#hasResult) return { state: 'pending' };
    if (this.#failing.size === 0) return { state: 'answered' };
    const failures = [...this.#failing.values()];
    return {
      state: 'failing',
      since: Math.min(...failures.map(({ since }) => since)),
      families: [...this.#failing.keys()].sort().map(familyName),
      reason: joined(failures.map(({ reason }) => reason)),
    };
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
  }

  #tick(): void {
    const { host, intervalMs } = this.#options;
    if (this.#underWay) {
      // No second lookup: every lookup that hangs holds one of libuv's few threads.
      this.#underWay.overdue = true;
      this.#results.set(this.#underWay.family, { reason: noAnswerFor(host, intervalMs) });
      this.#applyResults();
      return;
    }
    void this.#ask();
  }

  async #ask(): Promise<void> {
    for (const family of families) {
      const asked = { family, overdue: false };
      this.#underWay = asked;
      const outcome = await this.#lookUp(family);
      if (this.#closed) return;
      if (outcome.addresses || !asked.overdue) this.#results.set(family, outcome);
    }
    this.#underWay = undefined;
    this.#applyResults();
  }

  async #lookUp(family: Family): Promise<LookupResult> {
    const { host, lookUp } = this.#options;
    try {
      return { addresses: (await lookUp(host, family)).map(({ address }) => address) };
    } catch (error) {
      return isWithoutAddress(error as Error)
        ? { addresses: [] }
        : { reason: lookupDetail(error as Error, host) };
    }
  }

  /** Updates peers and failures by the results since the last call. */
  #applyResults(): void {
    const outcomes = [...this.#results];
    this.#results.clear();
    this.#hasResult = true;
    this.#noteFailures(outcomes);
    const answers = new Map(
      outcomes.flatMap(([family, { addresses }]) => (addresses ? [[family, addresses]] : [])),
    );
    if (answers.size > 0) this.#take(answers);
    for (const [family, { reason }] of outcomes) {
      if (reason !== undefined) this.#options.failed(family);
    }
  }

  #noteFailures(outcomes: readonly (readonly [Family, LookupResult])[]): void {
    const { epoch, host, log } = this.#options;
    const changed = outcomes.filter(
      ([family, { addresses }]) => this.#failing.has(family) === (addresses !== undefined),
    );
    for (const [family, { reason }] of outcomes) {
      if (reason === undefined) this.#failing.delete(family);
      else this.#failing.set(family, { since: this.#failing.get(family)?.since ?? epoch(), reason });
    }
    const recovered = changed.filter(([family]) => !this.#failing.has(family));
    if (recovered.length > 0)
      log.info({ host, families: named(recovered) }, 'addresses can be looked up again');
    const broken = changed.filter(([family]) => this.#failing.has(family));
    if (broken.length > 0) {
      const reason = joined(broken.map(([, outcome]) => outcome.reason));
      log.warn(
        { host, families: named(broken), reason, peers: this.#peers.addresses.length },
        "addresses can't be looked up, the peers of these families stay as they are",
      );
    }
  }

  #take(answers: ReadonlyMap<Family, readonly string[]>): void {
    const { answered, host, log } = this.#options;
    const omittedBefore = this.#peers.omitted;
    const change = this.#peers.answer(answers);
    const { addresses: peers, omitted } = this.#peers;
    if (change.added.length + change.removed.length > 0) {
      log.info({ host, ...change, peers: peers.length }, 'peers changed');
    }
    const isEmpty = peers.length === 0 && this.#failing.size === 0;
    if (isEmpty && !this.#isEmptyLogged) {
      log.warn({ host }, 'the name has no address: there is no peer to probe until it has');
    }
    this.#isEmptyLogged = isEmpty;
    if (omitted > 0 && omittedBefore === 0) {
      log.warn(
        { host, peers: MAX_PEERS, omitted },
        'too many addresses, those that came last are not probed: spread them over several names',
      );
    }
    answered(change);
  }
}

function named(outcomes: readonly (readonly [Family, LookupResult])[]): string[] {
  return outcomes.map(([family]) => familyName(family));
}

/** Each reason once: usually both families have the same. */
function joined(reasons: readonly (string | undefined)[]): string {
  return [...new Set(reasons)].join('; ');
}
