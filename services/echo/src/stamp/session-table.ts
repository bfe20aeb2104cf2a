import { randomBytes } from 'node:crypto';

/** Words that identify a session: those of the flow, and the SSID. */
const FLOW_WORDS = 11;
const KEY_WORDS = FLOW_WORDS + 1;
/** Longer chains are an attack on the hash: their sessions get no state. */
const MAX_CHAIN = 16;
/** Of an index: none. Indexes are stored plus one, so that new memory has no sessions. */
const NONE = -1;

/** The test sessions that a stateful reflector remembers, in memory that is allocated once. */
export class SessionTable {
  /** Replies sent, by session: the next sequence number. */
  readonly sequences: Uint32Array;
  /** The last reply known to be sent: its sequence number and time. Seconds are 0 where there is none. */
  readonly lastSequences: Uint32Array;
  readonly lastSeconds: Uint32Array;
  readonly lastNanoseconds: Uint32Array;
  readonly #capacity: number;
  readonly #timeoutMs: number;
  readonly #keys: Int32Array;
  readonly #usedAt: Float64Array;
  /** First session by hash, and the next with the same hash. */
  readonly #buckets: Int32Array;
  readonly #chains: Int32Array;
  /** Neighbours in the order of use. */
  readonly #older: Int32Array;
  readonly #newer: Int32Array;
  readonly #seed = randomBytes(4).readInt32LE();
  readonly #key = new Int32Array(KEY_WORDS);
  #oldest = NONE;
  #newest = NONE;
  /** Sessions up to here have been in use. */
  #end = 0;
  /** Chain of the sessions that have been and are free again. */
  #free = NONE;
  size = 0;

  /** @param timeoutMs a session that is not used for this long is forgotten; 0 = never */
  constructor(capacity: number, timeoutMs: number) {
    this.#capacity = capacity;
    this.#timeoutMs = timeoutMs || Number.POSITIVE_INFINITY;
    this.sequences = new Uint32Array(capacity);
    this.lastSequences = new Uint32Array(capacity);
    this.lastSeconds = new Uint32Array(capacity);
    this.lastNanoseconds = new Uint32Array(capacity);
    this.#keys = new Int32Array(capacity * KEY_WORDS);
    this.#usedAt = new Float64Array(capacity);
    this.#chains = new Int32Array(capacity);
    this.#older = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(capacity)));
  }

  /**
   * The session of a request, a new one where there is none yet.
   *
   * @param now milliseconds of a monotonic clock
   * @returns its index; -1 where the table is full
   */
  find(flow: Int32Array, sessionId: number, now: number): number {
    // Two for each that is added: forgetting keeps up.
    this.#forgetOldest(now);
    this.#forgetOldest(now);
    const bucket = this.#hash(flow, sessionId);
    let length = 0;
    for (let index = this.#buckets[bucket]! - 1; index !== NONE; index = this.#chains[index]! - 1) {
      if (this.#isKey(index)) {
        this.#unlink(index);
        this.#use(index, now);
        return index;
      }
      length += 1;
      if (length === MAX_CHAIN) return NONE;
    }
    return this.#add(bucket, now);
  }

  #add(bucket: number, now: number): number {
    let index = this.#free;
    if (index !== NONE) this.#free = this.#chains[index]! - 1;
    else if (this.#end < this.#capacity) index = this.#end++;
    else return NONE;
    this.#keys.set(this.#key, index * KEY_WORDS);
    this.sequences[index] = 0;
    this.lastSeconds[index] = 0;
    this.#chains[index] = this.#buckets[bucket]!;
    this.#buckets[bucket] = index + 1;
    this.#use(index, now);
    this.size += 1;
    return index;
  }

  #forgetOldest(now: number): void {
    const index = this.#oldest;
    if (index === NONE || now - this.#usedAt[index]! < this.#timeoutMs) return;
    this.#unlink(index);
    this.#unchain(index);
    this.#chains[index] = this.#free + 1;
    this.#free = index;
    this.size -= 1;
  }

  #unchain(index: number): void {
    const at = index * KEY_WORDS;
    const key = this.#keys.subarray(at, at + KEY_WORDS);
    const bucket = this.#hash(key, key[FLOW_WORDS]!);
    let before = this.#buckets[bucket]! - 1;
    if (before === index) {
      this.#buckets[bucket] = this.#chains[index]!;
      return;
    }
    while (this.#chains[before]! - 1 !== index) before = this.#chains[before]! - 1;
    this.#chains[before] = this.#chains[index]!;
  }

  /** Makes a session the newest. */
  #use(index: number, now: number): void {
    this.#usedAt[index] = now;
    this.#older[index] = this.#newest + 1;
    this.#newer[index] = 0;
    if (this.#newest === NONE) this.#oldest = index;
    else this.#newer[this.#newest] = index + 1;
    this.#newest = index;
  }

  #unlink(index: number): void {
    const older = this.#older[index]! - 1;
    const newer = this.#newer[index]! - 1;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer + 1;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older + 1;
  }

  #isKey(index: number): boolean {
    const at = index * KEY_WORDS;
    for (let word = 0; word < KEY_WORDS; word += 1) {
      if (this.#keys[at + word] !== this.#key[word]) return false;
    }
    return true;
  }

  /** Puts the key into `#key`. @returns its bucket, by a hash with a secret (MurmurHash3's steps) */
  #hash(flow: Int32Array, sessionId: number): number {
    const key = this.#key;
    let hash = this.#seed;
    for (let word = 0; word < KEY_WORDS; word += 1) {
      const value = word === FLOW_WORDS ? sessionId : (flow[word] ?? 0);
      key[word] = value;
      let mixed = Math.imul(value, 0xcc9e2d51);
      mixed = (mixed << 15) | (mixed >>> 17);
      hash ^= Math.imul(mixed, 0x1b873593);
      hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & (this.#buckets.length - 1);
  }
}
