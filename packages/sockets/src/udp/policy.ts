import { AccessList, type AccessRules } from '../policy/access-list.ts';
import { LoopGuard } from '../policy/loop-guard.ts';
import { type RateLimits, SourceRates } from '../policy/source-limits.ts';
import type { DroppedReason } from './counters.ts';

export interface UdpRules extends RateLimits, AccessRules {
  readonly loopGuard: boolean;
  /** Shorter requests get no answer. Bytes. */
  readonly minRequestBytes: number;
  /** Workers that share the port; the rate per source is shared out among them. */
  readonly workers: number;
}

/** The sources of datagrams as an engine has them. `At` is how it points to a datagram. */
export interface Sources<At> {
  /** Tells one source address from another; cheap, for it is asked for each datagram. */
  key(at: At): number | string;
  /** Plain: no IPv4-mapped IPv6. Asked only for sources that are not remembered. */
  address(at: At): string;
}

/** Which datagrams get an answer: what the limits and the guard say, whichever engine moves the bytes. */
export class UdpPolicy<At> {
  readonly #sources: Sources<At>;
  readonly #guard: LoopGuard | undefined;
  readonly #access: AccessList;
  readonly #minRequestBytes: number;
  /** Holds only sources that the guard and the lists let pass: one that is found needs no second look. */
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
   * What to drop a datagram for, if anything.
   *
   * @param now milliseconds of a monotonic clock
   */
  check(at: At, port: number, bytes: number, now: number): DroppedReason | undefined {
    // Nobody can be answered at port 0, guard or not.
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
