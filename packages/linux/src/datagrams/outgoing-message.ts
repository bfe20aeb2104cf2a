import type { Libc } from '../ffi.ts';
import { linux64, type MessageLayout, VECTOR } from './layout.ts';

/** Longer than any datagram, so that the kernel refuses a datagram that is too long. Bytes. */
const DATAGRAM_BYTES = 65_536;
/** Offsets of the parts in the memory. Bytes. */
const VECTOR_AT = 64;
const NAME = 96;
const DATAGRAM = 128;

/** The memory that the sockets of a thread send from. */
export class OutgoingMessage {
  /** Address of the datagram, for write(2). */
  readonly bytes: bigint;
  readonly #header: bigint;
  readonly #layout: MessageLayout;
  readonly #memory = new ArrayBuffer(DATAGRAM + DATAGRAM_BYTES);
  readonly #words = new Int32Array(this.#memory, 0, DATAGRAM / 4);
  readonly #name = new Uint8Array(this.#memory, NAME, DATAGRAM - NAME);
  readonly #datagram = new Uint8Array(this.#memory, DATAGRAM);
  #length = 0;
  #size = 0n;

  constructor(libc: Libc, layout: MessageLayout = linux64) {
    this.#layout = layout;
    const base = libc.addressOf(this.#memory);
    this.#header = base;
    this.bytes = base + BigInt(DATAGRAM);
    const view = new DataView(this.#memory);
    view.setBigUint64(layout.nameAt, base + BigInt(NAME), true);
    view.setBigUint64(layout.vectorAt, base + BigInt(VECTOR_AT), true);
    view.setBigUint64(VECTOR_AT + VECTOR.baseAt, this.bytes, true);
    this.#words[layout.vectorCountAt >> 2] = 1;
  }

  /** Copies a datagram into the memory. @returns its length, for write(2) */
  place(datagram: Uint8Array): bigint {
    this.#datagram.set(datagram);
    if (datagram.length !== this.#length) {
      this.#length = datagram.length;
      this.#size = BigInt(datagram.length);
    }
    return this.#size;
  }

  /** Copies a datagram and its destination into the memory. @returns the address of the header, for sendmsg(2) */
  address(datagram: Uint8Array, to: Uint8Array): bigint {
    this.#datagram.set(datagram);
    this.#name.set(to);
    this.#words[this.#layout.nameLengthAt >> 2] = to.length;
    this.#words[(VECTOR_AT + VECTOR.lengthAt) >> 2] = datagram.length;
    return this.#header;
  }
}
