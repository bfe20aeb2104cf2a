import { EAGAIN, EINTR, EINVAL, ENETUNREACH, IPPROTO_IPV6, MSG_DONTWAIT } from '../constants.ts';
import type { Libc } from '../ffi.ts';
import { SOCKADDR, SocketAddresses } from '../sockaddr.ts';
import { CONTROL, type MessageLayout, VECTOR } from './layout.ts';

/** So many datagrams at most with one system call: more than ever wait unless we are behind. */
export const BATCH_DATAGRAMS = 64;
/** Longer than any datagram, so that none is ever cut. Bytes. */
const SLOT_BYTES = 65_536;
/** A cache line more than a slot: slots a whole number of pages apart would compete for the same cache sets. Bytes. */
const SLOT_STRIDE = SLOT_BYTES + 64;
const NAME_STRIDE = 32;
const CONTROL_STRIDE = 64;

/** What it takes to answer a received datagram when the next have come. */
export interface KeptDatagram {
  readonly name: Uint8Array;
  readonly nameLength: number;
  readonly control: Uint8Array;
  readonly controlLength: number;
}

const signatures = {
  recvmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32', 'pointer'], return: 'i32' },
  sendmmsg: { arguments: ['i32', 'pointer', 'u32', 'i32'], return: 'i32' },
} as const;

/**
 * Datagrams received with one system call and answered with another: what recvmmsg(2) and sendmmsg(2) need, in one
 * piece of memory that this object allocates once and keeps for as long as it lives. No pointer into it ever leaves.
 *
 * The order is receive, then answer some of what came, then flush, with the same socket.
 */
export class DatagramBatch {
  readonly sources: SocketAddresses;
  /** Datagrams and their bytes that the last flush sent, and those that the kernel did not take. */
  sent = 0;
  sentBytes = 0;
  failed = 0;

  readonly #libc: Libc;
  readonly #call: ReturnType<typeof callsOf>;
  readonly #layout: MessageLayout;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** Offsets of the tables in memory. */
  readonly #received: number;
  readonly #answers: number;
  readonly #answerVectors: number;
  readonly #names: number;
  readonly #controls: number;
  /** The received headers, and the headers of answers from each on: a call holds on to the memory it is given. */
  readonly #receivedHeaders: Uint8Array;
  readonly #answerHeaders: readonly Uint8Array[];
  /** The addresses of name, control and bytes of each slot, as the two words that a pointer is. */
  readonly #slotPointers: Int32Array;
  readonly #slots: readonly Buffer[];
  /** What was last handed out of each slot: datagrams of one length, one after the other, need one view. */
  readonly #requests: Buffer[];
  #count = 0;
  #answered = 0;
  /** Answers that are sent, or failed. */
  #flushed = 0;

  constructor(libc: Libc, layout: MessageLayout) {
    this.#libc = libc;
    this.#call = callsOf(libc);
    this.#layout = layout;
    const tables = BATCH_DATAGRAMS * layout.headerBytes;
    this.#received = 0;
    this.#answers = tables;
    const receivedVectors = 2 * tables;
    this.#answerVectors = receivedVectors + BATCH_DATAGRAMS * VECTOR.bytes;
    const names = this.#answerVectors + BATCH_DATAGRAMS * VECTOR.bytes;
    this.#names = names;
    this.#controls = names + BATCH_DATAGRAMS * NAME_STRIDE;
    const slots = this.#controls + BATCH_DATAGRAMS * CONTROL_STRIDE;
    const memory = new ArrayBuffer(slots + BATCH_DATAGRAMS * SLOT_STRIDE);
    this.#bytes = new Uint8Array(memory);
    this.#words = new Int32Array(memory, 0, slots / 4);
    this.sources = new SocketAddresses(memory, names, BATCH_DATAGRAMS, NAME_STRIDE);
    const indexes = Array.from({ length: BATCH_DATAGRAMS }, (_, index) => index);
    this.#slots = indexes.map((index) => Buffer.from(memory, slots + index * SLOT_STRIDE, SLOT_BYTES));
    this.#requests = [...this.#slots];

    const base = libc.addressOf(memory);
    this.#receivedHeaders = this.#bytes.subarray(this.#received, tables);
    this.#answerHeaders = indexes.map((index) =>
      this.#bytes.subarray(this.#answers + index * layout.headerBytes, 2 * tables),
    );
    const pointers = new BigInt64Array(3 * BATCH_DATAGRAMS);
    const view = new DataView(memory);
    const point = (at: number, to: number): void => view.setBigUint64(at, base + BigInt(to), true);
    for (const index of indexes) {
      const name = names + index * NAME_STRIDE;
      const control = this.#controls + index * CONTROL_STRIDE;
      const slot = slots + index * SLOT_STRIDE;
      [name, control, slot].forEach((to, which) => {
        pointers[3 * index + which] = base + BigInt(to);
      });
      const header = this.#received + index * layout.headerBytes;
      const vector = receivedVectors + index * VECTOR.bytes;
      point(header + layout.nameAt, name);
      point(header + layout.vectorAt, vector);
      point(header + layout.controlAt, control);
      view.setUint32(header + layout.vectorCountAt, 1, true);
      point(vector + VECTOR.baseAt, slot);
      view.setUint32(vector + VECTOR.lengthAt, SLOT_BYTES, true);

      const answer = this.#answers + index * layout.headerBytes;
      point(answer + layout.vectorAt, this.#answerVectors + index * VECTOR.bytes);
      view.setUint32(answer + layout.vectorCountAt, 1, true);
    }
    this.#slotPointers = new Int32Array(pointers.buffer);
    this.#makeRoom(BATCH_DATAGRAMS);
  }

  /**
   * Receives what is there. What was received before is gone.
   *
   * @param most BATCH_DATAGRAMS or less
   * @param flags of recvmmsg(2)
   * @returns how many; 0 when the time-out of the socket was over first; an error as its negative number
   */
  receive(socket: number, most: number, flags: number): number {
    this.#makeRoom(this.#count);
    this.#answered = 0;
    this.#count = 0;
    const count = this.#call.recvmmsg(socket, this.#receivedHeaders, most, flags, null);
    if (count >= 0) {
      this.#count = count;
      return count;
    }
    const code = this.#libc.errno();
    return code === EAGAIN || code === EINTR ? 0 : -code;
  }

  /** Bytes of a received datagram. */
  length(index: number): number {
    const { headerBytes, lengthAt } = this.#layout;
    return this.#words[(this.#received + index * headerBytes + lengthAt) >> 2]!;
  }

  /** A received datagram, until the next is received. */
  request(index: number): Buffer {
    const length = this.length(index);
    const last = this.#requests[index]!;
    if (last.length === length) return last;
    const request = this.#slots[index]!.subarray(0, length);
    this.#requests[index] = request;
    return request;
  }

  /** Answers a received datagram, once: to its sender, from the address it came to. The bytes are taken at once. */
  answer(index: number, bytes: Uint8Array): void {
    const { headerBytes, nameAt, nameLengthAt, controlAt, controlLengthAt } = this.#layout;
    // The answer goes out from where the request came in: what is sent back as it is needs no copy.
    const length = Math.min(bytes.length, SLOT_BYTES);
    if (bytes !== this.#requests[index]) {
      // A slot is longer than a datagram can be: the kernel refuses the whole of it as it would refuse all of them.
      this.#slots[index]!.set(length < bytes.length ? bytes.subarray(0, length) : bytes);
    }
    const words = this.#words;
    const pointers = this.#slotPointers;
    const to = (this.#answers + this.#answered * headerBytes) >> 2;
    const from = (this.#received + index * headerBytes) >> 2;
    const vector = (this.#answerVectors + this.#answered * VECTOR.bytes) >> 2;
    const pointer = 6 * index;
    words[to + (nameAt >> 2)] = pointers[pointer]!;
    words[to + (nameAt >> 2) + 1] = pointers[pointer + 1]!;
    words[to + (controlAt >> 2)] = pointers[pointer + 2]!;
    words[to + (controlAt >> 2) + 1] = pointers[pointer + 3]!;
    words[vector] = pointers[pointer + 4]!;
    words[vector + 1] = pointers[pointer + 5]!;
    words[vector + (VECTOR.lengthAt >> 2)] = length;
    words[to + (nameLengthAt >> 2)] = words[from + (nameLengthAt >> 2)]!;
    const controlLength = words[from + (controlLengthAt >> 2)]!;
    words[to + (controlLengthAt >> 2)] = controlLength;
    if (controlLength > 0) this.#leaveInterfaceOpen(this.#controls + index * CONTROL_STRIDE);
    this.#answered += 1;
  }

  keep(index: number): KeptDatagram {
    const { headerBytes, nameLengthAt, controlLengthAt } = this.#layout;
    const header = this.#received + index * headerBytes;
    const name = this.#names + index * NAME_STRIDE;
    const control = this.#controls + index * CONTROL_STRIDE;
    return {
      name: this.#bytes.slice(name, name + NAME_STRIDE),
      nameLength: this.#words[(header + nameLengthAt) >> 2]!,
      control: this.#bytes.slice(control, control + CONTROL_STRIDE),
      controlLength: this.#words[(header + controlLengthAt) >> 2]!,
    };
  }

  /** Puts a kept datagram in the place of all that was received: it is answered as number 0. */
  restore({ name, nameLength, control, controlLength }: KeptDatagram): void {
    const { nameLengthAt, controlLengthAt } = this.#layout;
    this.#bytes.set(name, this.#names);
    this.#bytes.set(control, this.#controls);
    this.#words[(this.#received + nameLengthAt) >> 2] = nameLength;
    this.#words[(this.#received + controlLengthAt) >> 2] = controlLength;
    this.#answered = 0;
    // The next `receive` makes room in the places of all that came before, and in this one.
    this.#count = Math.max(this.#count, 1);
  }

  /**
   * Sends the answers. One that the kernel does not take is counted and keeps none of the others back.
   *
   * @param flags of sendmmsg(2)
   * @returns false with MSG_DONTWAIT where the socket has no room for the rest: flush again when it has
   */
  flush(socket: number, flags: number): boolean {
    const { headerBytes, controlLengthAt } = this.#layout;
    this.failed = 0;
    this.sent = 0;
    this.sentBytes = 0;
    while (this.#flushed < this.#answered) {
      const first = this.#flushed;
      const sent = this.#call.sendmmsg(socket, this.#answerHeaders[first]!, this.#answered - first, flags);
      if (sent > 0) {
        for (let index = 0; index < sent; index += 1) this.sentBytes += this.#answerLength(first + index);
        this.sent += sent;
        this.#flushed += sent;
        continue;
      }
      const code = this.#libc.errno();
      const controlLength = (this.#answers + first * headerBytes + controlLengthAt) >> 2;
      if ((code === EINVAL || code === ENETUNREACH) && this.#words[controlLength] !== 0) {
        // It came to an address that nothing can come from, multicast or broadcast: the kernel chooses another.
        this.#words[controlLength] = 0;
      } else if (code === EAGAIN && flags === MSG_DONTWAIT) {
        return false;
      } else if (code !== EINTR) {
        this.failed += 1;
        this.#flushed += 1;
      }
    }
    this.#answered = 0;
    this.#flushed = 0;
    return true;
  }

  #answerLength(answer: number): number {
    return this.#words[(this.#answerVectors + answer * VECTOR.bytes + VECTOR.lengthAt) >> 2]!;
  }

  /** The way back need not be the way here: routing decides, but for link-local addresses, which have one only. */
  #leaveInterfaceOpen(control: number): void {
    if (this.#words[(control + CONTROL.levelAt) >> 2] !== IPPROTO_IPV6) {
      this.#words[(control + CONTROL.ipv4InterfaceAt) >> 2] = 0;
      return;
    }
    const first = this.#bytes[control + CONTROL.ipv6AddressAt]!;
    const second = this.#bytes[control + CONTROL.ipv6AddressAt + 1]!;
    if (first !== 0xfe || (second & 0xc0) !== 0x80) this.#words[(control + CONTROL.ipv6InterfaceAt) >> 2] = 0;
  }

  /** The kernel puts into the first `count` headers how much it wrote; it has to be told again how much it may. */
  #makeRoom(count: number): void {
    const { headerBytes, nameLengthAt, controlLengthAt } = this.#layout;
    for (let index = 0; index < count; index += 1) {
      const header = this.#received + index * headerBytes;
      this.#words[(header + nameLengthAt) >> 2] = SOCKADDR.bytes;
      this.#words[(header + controlLengthAt) >> 2] = CONTROL.bytes;
    }
  }
}

function callsOf(libc: Libc) {
  return libc.functions(signatures);
}
