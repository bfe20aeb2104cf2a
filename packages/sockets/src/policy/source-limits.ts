/** Open connections per source address, up to a limit for each. */
export class SourceCounts {
  readonly #limit: number;
  readonly #counts = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts one more connection; false at the limit, where nothing is counted. */
  acquire(address: string): boolean {
    const count = this.#counts.get(address) ?? 0;
    if (count >= this.#limit) return false;
    this.#counts.set(address, count + 1);
    return true;
  }

  release(address: string): void {
    const count = this.#counts.get(address) ?? 0;
    if (count > 1) this.#counts.set(address, count - 1);
    else this.#counts.delete(address);
  }
}

export interface RateLimits {
  /** Datagrams per second; the burst is twice that. 0 = no limit. */
  readonly ratePerSource: number;
  /** Number of sources remembered. When it is exceeded, the source seen first is forgotten. */
  readonly maxSources: number;
}

/** A token bucket, refilled when it is read. */
export interface Bucket {
  tokens: number;
  filledAt: number;
}

/** A rate limit per source: token buckets in bounded memory. `Key` identifies a source. */
export class SourceRates<Key> {
  readonly #ratePerMs: number;
  readonly #burst: number;
  readonly #maxSources: number;
  readonly #buckets = new Map<Key, Bucket>();

  constructor({ ratePerSource, maxSources }: RateLimits) {
    this.#ratePerMs = ratePerSource / 1_000;
    this.#burst = 2 * ratePerSource;
    this.#maxSources = maxSources;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** The bucket of a source; undefined where the source is not remembered. */
  known(key: Key): Bucket | undefined {
    return this.#buckets.get(key);
  }

  /** A full bucket for a source that is not remembered. `now` in milliseconds of a monotonic clock. */
  remember(key: Key, now: number): Bucket {
    if (this.#buckets.size >= this.#maxSources) {
      // A Map keeps insertion order: the first key is the source seen first.
      for (const oldest of this.#buckets.keys()) {
        this.#buckets.delete(oldest);
        break;
      }
    }
    const bucket = { tokens: this.#burst, filledAt: now };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  /** Takes a token; false when there is none. `now` in milliseconds of a monotonic clock. */
  take(bucket: Bucket, now: number): boolean {
    if (this.#burst === 0) return true;
    const refill = (now - bucket.filledAt) * this.#ratePerMs;
    bucket.tokens = Math.min(this.#burst, bucket.tokens + refill);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }
}
