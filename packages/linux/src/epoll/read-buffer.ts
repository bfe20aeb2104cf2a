import type { TcpCalls } from './tcp-calls.ts';

/** As much as one read may bring: what many protocols send at once fits. Bytes. */
const READ_BYTES = 16 * 1024;
/**
 * What a peer does not take of the reply to a read is kept. Where thousands of peers do not read, that has to fit into
 * a small container: reads get shorter while more than this is kept. Bytes.
 */
const MAX_PENDING_BYTES = 16 * 1024 ** 2;
const SHORT_READ_BYTES = 4 * 1024;
const FULL_SIZE = BigInt(READ_BYTES);
const SHORT_SIZE = BigInt(SHORT_READ_BYTES);

/** The memory that all connections of a thread read into. */
export class ReadBuffer {
  readonly #memory = new ArrayBuffer(READ_BYTES);
  readonly place: bigint;
  /** As much as the next read may bring, as the system calls want it. */
  size = FULL_SIZE;
  /** What was read last: reads of one length, one after the other, need one view. */
  chunk = Buffer.from(this.#memory);
  /** Its length, as the system calls want it. */
  length = FULL_SIZE;
  #pendingBytes = 0;

  constructor(calls: TcpCalls) {
    this.place = calls.addressOf(this.#memory);
  }

  /** The first bytes of the memory. */
  taken(bytes: number): Buffer {
    if (bytes !== this.chunk.length) {
      this.chunk = Buffer.from(this.#memory, 0, bytes);
      this.length = BigInt(bytes);
    }
    return this.chunk;
  }

  /** So much more is kept for peers that do not take it; or less. */
  addPending(bytes: number): void {
    this.#pendingBytes += bytes;
    this.size = this.#pendingBytes < MAX_PENDING_BYTES ? FULL_SIZE : SHORT_SIZE;
  }
}
