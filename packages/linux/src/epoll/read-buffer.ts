import type { TcpCalls } from './tcp-calls.ts';

/** Maximum bytes per read: enough for one message of most protocols. */
const READ_BYTES = 16 * 1024;
/**
 * While more reply bytes than this are pending, reads are shorter. Pending bytes are held in memory, and with thousands
 * of peers that do not read they must fit into a small container. Bytes.
 */
const MAX_PENDING_BYTES = 16 * 1024 ** 2;
const SHORT_READ_BYTES = 4 * 1024;
const FULL_SIZE = BigInt(READ_BYTES);
const SHORT_SIZE = BigInt(SHORT_READ_BYTES);

/** The memory that all connections of a thread read into. */
export class ReadBuffer {
  readonly #memory = new ArrayBuffer(READ_BYTES);
  readonly address: bigint;
  /** Maximum bytes of the next read; a bigint for the system call. */
  size = FULL_SIZE;
  /** The bytes read last. The view is reused while reads have the same length. */
  chunk = Buffer.from(this.#memory);
  /** Length of `chunk`; a bigint for the system call. */
  length = FULL_SIZE;
  #pendingBytes = 0;

  constructor(calls: TcpCalls) {
    this.address = calls.addressOf(this.#memory);
  }

  /** The first bytes of the memory. */
  taken(bytes: number): Buffer {
    if (bytes !== this.chunk.length) {
      this.chunk = Buffer.from(this.#memory, 0, bytes);
      this.length = BigInt(bytes);
    }
    return this.chunk;
  }

  /** Adds to the pending bytes of all connections; negative when bytes are sent or dropped. */
  addPending(bytes: number): void {
    this.#pendingBytes += bytes;
    this.size = this.#pendingBytes < MAX_PENDING_BYTES ? FULL_SIZE : SHORT_SIZE;
  }
}
