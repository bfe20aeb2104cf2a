import { AccessList, type AccessRules } from '../policy/access-list.ts';
import { LoopGuard } from '../policy/loop-guard.ts';
import { type RateLimits, SourceRates } from '../policy/source-limits.ts';
import type { DroppedReason } from './counters.ts';

export interface UdpRules extends RateLimits, AccessRules {
  readonly loopGuard: boolean;
  /** Shorter requests get no reply. Bytes. */
  readonly minRequestBytes: number;
  /** Number of workers that share the port; each gets an equal part of the rate per source. */
  readonly workers: number;
}

/** The sources of an engine's datagrams. `At` is its reference to a received datagram. */
export interface Sources<At> {
  /** Identifies a source address. Called for each datagram, so it must be cheap. */
  key(at: At): number | string;
  /** Never IPv4-mapped IPv6. Called only for sources that are not remembered. */
  address(at: At): string;
}

/** Decides which datagrams get a reply, by the limits and the loop guard; the same for both engines. */
export class UdpPolicy<At> {
  readonly #sources: Sources<At>;
  readonly #guard: LoopGuard | undefined;
  readonly #access: AccessList;
  readonly #minRequestBytes: number;
  /** Holds only sources that have passed the loop guard and the access list: these are not checked again. */
  readonly #rates: SourceRates<number | string>;

  constructor(rules: UdpRules, ownPort: number, sources: Sources<At>) {
    this.#sources = sources;
    this.#guard = rules.loopGuard ? new LoopGuard(ownPort) : undefined;
    this.#access = new AccessList(rules);
    this.#minRequestBytes = rules.minRequestBytes;
    this.#rates = new SourceRates({
      ratePerSource: rules.ratePerSource / rules.workers,
      maxSources: rules.maxSources,
    });
  }

  /**
   * The reason to drop a datagram; undefined where it gets a reply.
   *
   * @param now milliseconds of a monotonic clock
   */
  check(at: At, port: number, bytes: number, now: number): DroppedReason | undefined {
    // A reply can't be sent to port 0, so this holds without the loop guard too.
    if (port === 0 || this.#guard?.refusesPort(port)) return 'source_port';
    const key = this.#sources.key(at);
    let bucket = this.#rates.known(key);
    if (bucket === undefined) {
      const address = this.#sources.address(at);
      if (this.#guard?.refusesAddress(address)) return 'source_address';
      if (!this.#access.permits(address)) return 'denied';
    }
    if (bytes < this.#minRequestBytes) return 'too_short';
    bucket ??= this.#rates.remember(key, now);
    return this.#rates.take(bucket, now) ? undefined : 'rate';
  }
}
