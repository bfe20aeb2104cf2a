import { judgeChunk, PayloadSlot } from '../../payload/payload.ts';
import type { FailedResult } from '../../sampling/outcome.ts';

/**
 * The messages under way on one stream, in the slots of one buffer that is reused, so that no message allocates memory.
 * A slot is free when its echo has come back: by then the kernel no longer needs the bytes.
 */
export class MessageRing {
  readonly #sizeBytes: number;
  readonly #bytes: Buffer;
  readonly #payloads: readonly PayloadSlot[];
  readonly #dueMs: Float64Array;
  readonly #queuedMs: Float64Array;
  #sequence = 0;
  #oldest = 0;
  #underWay = 0;
  /** How many of the newest messages are queued and not written yet. */
  #unwritten = 0;
  /** How many bytes of the oldest message's echo have come back. */
  #returned = 0;

  constructor({
    slots,
    sizeBytes,
    run,
  }: {
    readonly slots: number;
    readonly sizeBytes: number;
    readonly run: number;
  }) {
    this.#sizeBytes = sizeBytes;
    this.#bytes = Buffer.alloc(slots * sizeBytes);
    this.#payloads = Array.from(
      { length: slots },
      (_, slot) => new PayloadSlot(this.#bytes.subarray(slot * sizeBytes, (slot + 1) * sizeBytes), run),
    );
    this.#dueMs = new Float64Array(slots);
    this.#queuedMs = new Float64Array(slots);
  }

  get capacity(): number {
    return this.#payloads.length - this.#underWay;
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

  /** When the oldest message was queued, milliseconds of the clock; Infinity when there is none. */
  get oldestMs(): number {
    return this.#underWay === 0 ? Number.POSITIVE_INFINITY : this.#queuedMs[this.#oldest]!;
  }

  /** Queues one more message; there must be capacity. */
  add(dueMs: number, nowMs: number): void {
    const slot = (this.#oldest + this.#underWay) % this.#payloads.length;
    this.#payloads[slot]!.stamp(this.#sequence, performance.timeOrigin + nowMs);
    this.#dueMs[slot] = dueMs;
    this.#queuedMs[slot] = nowMs;
    this.#sequence += 1;
    this.#underWay += 1;
    this.#unwritten += 1;
  }

  /** Writes the queued messages, in one write unless they wrap around the buffer's end. */
  writeTo(stream: { write(bytes: Buffer): unknown }): void {
    const slots = this.#payloads.length;
    const count = this.#unwritten;
    if (count === 0) return;
    this.#unwritten = 0;
    const first = (this.#oldest + this.#underWay - count) % slots;
    const end = Math.min(first + count, slots);
    stream.write(this.#bytesOf(first, end));
    if (first + count > slots) stream.write(this.#bytesOf(0, first + count - slots));
  }

  /**
   * Compares received bytes with the messages under way.
   *
   * @param answered called with the due time of each message whose echo is complete
   * @returns what is wrong with the bytes; `unexpected` when no message was under way
   */
  receive(
    buffer: Buffer,
    length: number,
    answered: (dueMs: number) => void,
  ): FailedResult | 'unexpected' | undefined {
    let at = 0;
    while (at < length) {
      if (this.#underWay === 0) return 'unexpected';
      const sent = this.#payloads[this.#oldest]!.bytes;
      const take = Math.min(length - at, this.#sizeBytes - this.#returned);
      if (buffer.compare(sent, this.#returned, this.#returned + take, at, at + take) !== 0) {
        return judgeChunk(buffer.subarray(at, at + take), sent, this.#returned);
      }
      at += take;
      this.#returned += take;
      if (this.#returned < this.#sizeBytes) break;
      // More bytes after the echo of the last message under way: that echo is corrupt.
      if (at < length && this.#underWay === 1)
        return judgeChunk(buffer.subarray(at, length), sent, sent.length);
      answered(this.#dueMs[this.#oldest]!);
      this.#oldest = (this.#oldest + 1) % this.#payloads.length;
      this.#underWay -= 1;
      this.#returned = 0;
    }
    return undefined;
  }

  /** Drops all messages under way. */
  clear(): void {
    this.#oldest = 0;
    this.#underWay = 0;
    this.#unwritten = 0;
    this.#returned = 0;
  }

  #bytesOf(first: number, end: number): Buffer {
    if (end - first === this.#payloads.length) return this.#bytes;
    if (end - first === 1) return this.#payloads[first]!.bytes;
    return this.#bytes.subarray(first * this.#sizeBytes, end * this.#sizeBytes);
  }
}
