import { judgeChunk, PayloadSlot } from '../../payload/payload.ts';
import type { FailedResult } from '../../sampling/outcome.ts';

/**
 * The messages of one stream that are under way, side by side in one buffer that is sent from again and again: a
 * place is free when its echo is back, and by then the kernel has long taken the bytes. Nothing is allocated for a
 * message.
 */
export class MessageRing {
  readonly #sizeBytes: number;
  readonly #bytes: Buffer;
  readonly #slots: readonly PayloadSlot[];
  readonly #dueMs: Float64Array;
  readonly #sentMs: Float64Array;
  #sequence = 0;
  #oldest = 0;
  #underWay = 0;
  /** How many messages, the newest, have yet to be written. */
  #unwritten = 0;
  /** Bytes of the oldest one's echo that are back. */
  #returned = 0;

  constructor({
    places,
    sizeBytes,
    run,
  }: {
    readonly places: number;
    readonly sizeBytes: number;
    readonly run: number;
  }) {
    this.#sizeBytes = sizeBytes;
    this.#bytes = Buffer.alloc(places * sizeBytes);
    this.#slots = Array.from(
      { length: places },
      (_, place) => new PayloadSlot(this.#bytes.subarray(place * sizeBytes, (place + 1) * sizeBytes), run),
    );
    this.#dueMs = new Float64Array(places);
    this.#sentMs = new Float64Array(places);
  }

  get capacity(): number {
    return this.#slots.length - this.#underWay;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get returnedBytes(): number {
    return this.#returned;
  }

  /** When the oldest message was due, milliseconds of the clock; Infinity when there is none. */
  get oldestDueMs(): number {
    return this.#underWay === 0 ? Number.POSITIVE_INFINITY : this.#dueMs[this.#oldest]!;
  }

  /** When the oldest message was put up, milliseconds of the clock; Infinity when there is none. */
  get oldestMs(): number {
    return this.#underWay === 0 ? Number.POSITIVE_INFINITY : this.#sentMs[this.#oldest]!;
  }

  /** Puts up one more message; there must be room. */
  add(dueMs: number, nowMs: number): void {
    const place = (this.#oldest + this.#underWay) % this.#slots.length;
    this.#slots[place]!.stamp(this.#sequence, performance.timeOrigin + nowMs);
    this.#dueMs[place] = dueMs;
    this.#sentMs[place] = nowMs;
    this.#sequence += 1;
    this.#underWay += 1;
    this.#unwritten += 1;
  }

  /** Writes what was put up, in one piece unless it goes over the buffer's end. */
  writeTo(stream: { write(bytes: Buffer): unknown }): void {
    const places = this.#slots.length;
    const count = this.#unwritten;
    if (count === 0) return;
    this.#unwritten = 0;
    const first = (this.#oldest + this.#underWay - count) % places;
    const end = Math.min(first + count, places);
    stream.write(this.#places(first, end));
    if (first + count > places) stream.write(this.#places(0, first + count - places));
  }

  /**
   * Takes what came back, and tells when each message that it completes was due.
   *
   * @returns what is wrong with it; `surplus` when it came while nothing was under way
   */
  receive(
    buffer: Buffer,
    length: number,
    answered: (dueMs: number) => void,
  ): FailedResult | 'surplus' | undefined {
    let at = 0;
    while (at < length) {
      if (this.#underWay === 0) return 'surplus';
      const sent = this.#slots[this.#oldest]!.bytes;
      const take = Math.min(length - at, this.#sizeBytes - this.#returned);
      if (buffer.compare(sent, this.#returned, this.#returned + take, at, at + take) !== 0) {
        return judgeChunk(buffer.subarray(at, at + take), sent, this.#returned);
      }
      at += take;
      this.#returned += take;
      if (this.#returned < this.#sizeBytes) break;
      // A last echo with something behind it is not the right one.
      if (at < length && this.#underWay === 1)
        return judgeChunk(buffer.subarray(at, length), sent, sent.length);
      answered(this.#dueMs[this.#oldest]!);
      this.#oldest = (this.#oldest + 1) % this.#slots.length;
      this.#underWay -= 1;
      this.#returned = 0;
    }
    return undefined;
  }

  /** Forgets all that is under way. */
  clear(): void {
    this.#oldest = 0;
    this.#underWay = 0;
    this.#unwritten = 0;
    this.#returned = 0;
  }

  #places(first: number, end: number): Buffer {
    if (end - first === this.#slots.length) return this.#bytes;
    if (end - first === 1) return this.#slots[first]!.bytes;
    return this.#bytes.subarray(first * this.#sizeBytes, end * this.#sizeBytes);
  }
}
