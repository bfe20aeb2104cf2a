import { EAGAIN, EINTR, EINVAL, ENETUNREACH, MSG_DONTWAIT } from '../constants.ts';
import type { Libc } from '../ffi.ts';
import { SOCKADDR, SocketAddresses } from '../sockaddr.ts';
import { CONTROL, type MessageLayout, VECTOR } from './layout.ts';
import { leaveInterfaceOpen, ReceivedHeader } from './received-header.ts';

/** Maximum datagrams per system call: more than the receive buffer holds while we keep up. */
export const BATCH_DATAGRAMS = 64;
/** Longer than any datagram, so that no datagram is truncated. Bytes. */
const SLOT_BYTES = 65_536;
/** A slot and one cache line: slots whole pages apart would compete for the same sets of the CPU cache. Bytes. */
const SLOT_STRIDE = SLOT_BYTES + 64;
const NAME_STRIDE = 32;
const CONTROL_STRIDE = 192;
/** More than the destination, TTL, traffic class and timestamp of a datagram take. Bytes. */
const HEADER_CONTROL_BYTES = 160;

/** The addresses of a received datagram, copied so that it can be answered after the next `receive`. */
export interface StoredDatagram {
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
 * Datagrams received with one recvmmsg(2) and answered with one sendmmsg(2). The structures of both lie in one piece of
 * memory, allocated once. No pointer into it leaves this object.
 *
 * The order is `receive`, `reply` to some of the datagrams, `flush`, with the same socket.
 */
export class DatagramBatch {
  readonly sources: SocketAddresses;
  /** Of the datagram that `readHeader` was called with. */
  readonly header: ReceivedHeader;
  /** Of the last flush: datagrams sent, their bytes, and datagrams that the kernel did not take. */
  sent = 0;
  sentBytes = 0;
  failed = 0;

  readonly #libc: Libc;
  readonly #call: ReturnType<typeof callsOf>;
  readonly #layout: MessageLayout;
  readonly #controlBytes: number;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  /** Offsets of the tables in memory. */
  readonly #received: number;
  readonly #replies: number;
  readonly #replyVectors: number;
  readonly #names: number;
  readonly #controls: number;
  /** Views of the received headers, and of the reply headers from each index on: made once, not per call. */
  readonly #receivedHeaders: Uint8Array;
  readonly #replyHeaders: readonly Uint8Array[];
  /** Pointers to name, control and bytes of each slot, each as two 32-bit words. */
  readonly #slotPointers: Int32Array;
  readonly #slots: readonly Buffer[];
  /** The last view of each slot, reused while datagrams have the same length. */
  readonly #requests: Buffer[];
  #count = 0;
  #replied = 0;
  /** Replies that are sent or have failed. */
  #flushed = 0;

  /** @param receivesHeader whether its sockets have the option */
  constructor(libc: Libc, layout: MessageLayout, receivesHeader = false) {
    this.#libc = libc;
    this.#call = callsOf(libc);
    this.#layout = layout;
    this.#controlBytes = receivesHeader ? HEADER_CONTROL_BYTES : CONTROL.bytes;
    const tables = BATCH_DATAGRAMS * layout.headerBytes;
    this.#received = 0;
    this.#replies = tables;
    const receivedVectors = 2 * tables;
    this.#replyVectors = receivedVectors + BATCH_DATAGRAMS * VECTOR.bytes;
    const names = this.#replyVectors + BATCH_DATAGRAMS * VECTOR.bytes;
    this.#names = names;
    this.#controls = names + BATCH_DATAGRAMS * NAME_STRIDE;
    const slots = this.#controls + BATCH_DATAGRAMS * CONTROL_STRIDE;
    const memory = new ArrayBuffer(slots + BATCH_DATAGRAMS * SLOT_STRIDE);
    this.#bytes = new Uint8Array(memory);
    this.#words = new Int32Array(memory, 0, slots / 4);
    this.sources = new SocketAddresses(memory, names, BATCH_DATAGRAMS, NAME_STRIDE);
    this.header = new ReceivedHeader(this.#words);
    const indexes = Array.from({ length: BATCH_DATAGRAMS }, (_, index) => index);
    this.#slots = indexes.map((index) => Buffer.from(memory, slots + index * SLOT_STRIDE, SLOT_BYTES));
    this.#requests = [...this.#slots];

    const base = libc.addressOf(memory);
    this.#receivedHeaders = this.#bytes.subarray(this.#received, tables);
    this.#replyHeaders = indexes.map((index) =>
      this.#bytes.subarray(this.#replies + index * layout.headerBytes, 2 * tables),
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

      const reply = this.#replies + index * layout.headerBytes;
      point(reply + layout.vectorAt, this.#replyVectors + index * VECTOR.bytes);
      view.setUint32(reply + layout.vectorCountAt, 1, true);
    }
    this.#slotPointers = new Int32Array(pointers.buffer);
    this.#makeRoom(BATCH_DATAGRAMS);
  }

  /**
   * Receives datagrams in place of those received before.
   *
   * @param limit BATCH_DATAGRAMS or less
   * @param flags of recvmmsg(2)
   * @returns how many; 0 after the timeout of the socket; an error as its negative number
   */
  receive(socket: number, limit: number, flags: number): number {
    this.#makeRoom(this.#count);
    this.#replied = 0;
    this.#count = 0;
    const count = this.#call.recvmmsg(socket, this.#receivedHeaders, limit, flags, null);
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

  /** A received datagram; the memory is reused by the next `receive`. */
  request(index: number): Buffer {
    const length = this.length(index);
    const last = this.#requests[index]!;
    if (last.length === length) return last;
    const request = this.#slots[index]!.subarray(0, length);
    this.#requests[index] = request;
    return request;
  }

  /** Reads the header of a received datagram; necessary before `reply` where headers are received. */
  readHeader(index: number): ReceivedHeader {
    const { headerBytes, controlLengthAt } = this.#layout;
    const lengthAt = (this.#received + index * headerBytes + controlLengthAt) >> 2;
    const control = this.#controls + index * CONTROL_STRIDE;
    const name = this.#names + index * NAME_STRIDE;
    this.#words[lengthAt] = this.header.read(name, control, this.#words[lengthAt]!);
    return this.header;
  }

  /** Has the reply to a received datagram sent with a traffic class: DSCP and ECN. Called between `readHeader` and `reply`. */
  setTrafficClass(index: number, trafficClass: number): void {
    const { headerBytes, controlLengthAt } = this.#layout;
    const lengthAt = (this.#received + index * headerBytes + controlLengthAt) >> 2;
    const control = this.#controls + index * CONTROL_STRIDE;
    const isIpv4 = this.sources.isIpv4(index);
    const length = this.#words[lengthAt]!;
    this.#words[lengthAt] = this.header.addTrafficClass(control, length, trafficClass, isIpv4);
  }

  /** Queues the one reply to a received datagram, from the address that the request was sent to. Copies the bytes. */
  reply(index: number, bytes: Uint8Array): void {
    const { headerBytes, nameAt, nameLengthAt, controlAt, controlLengthAt } = this.#layout;
    // The reply is sent from the slot of its request: an echo needs no copy.
    const length = Math.min(bytes.length, SLOT_BYTES);
    if (bytes !== this.#requests[index]) {
      // A reply longer than a slot is cut to the slot, which is still too long: the kernel refuses it in any case.
      this.#slots[index]!.set(length < bytes.length ? bytes.subarray(0, length) : bytes);
    }
    const words = this.#words;
    const pointers = this.#slotPointers;
    const to = (this.#replies + this.#replied * headerBytes) >> 2;
    const from = (this.#received + index * headerBytes) >> 2;
    const vector = (this.#replyVectors + this.#replied * VECTOR.bytes) >> 2;
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
    if (controlLength >= CONTROL.leastBytes)
      leaveInterfaceOpen(words, this.#controls + index * CONTROL_STRIDE);
    this.#replied += 1;
  }

  store(index: number): StoredDatagram {
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

  /** Puts a stored datagram in the place of all received ones, with index 0. */
  restore({ name, nameLength, control, controlLength }: StoredDatagram): void {
    const { nameLengthAt, controlLengthAt } = this.#layout;
    this.#bytes.set(name, this.#names);
    this.#bytes.set(control, this.#controls);
    this.#words[(this.#received + nameLengthAt) >> 2] = nameLength;
    this.#words[(this.#received + controlLengthAt) >> 2] = controlLength;
    this.#replied = 0;
    // The next `receive` resets the lengths in all used headers, also in the first.
    this.#count = Math.max(this.#count, 1);
  }

  /**
   * Sends the replies. A reply that the kernel does not take is counted as failed, and the others are still sent.
   *
   * @param flags of sendmmsg(2)
   * @returns false with MSG_DONTWAIT where the send buffer is full: flush again when it has room
   */
  flush(socket: number, flags: number): boolean {
    const { headerBytes, controlLengthAt } = this.#layout;
    this.failed = 0;
    this.sent = 0;
    this.sentBytes = 0;
    while (this.#flushed < this.#replied) {
      const first = this.#flushed;
      const sent = this.#call.sendmmsg(socket, this.#replyHeaders[first]!, this.#replied - first, flags);
      if (sent > 0) {
        for (let index = 0; index < sent; index += 1) this.sentBytes += this.#replyLength(first + index);
        this.sent += sent;
        this.#flushed += sent;
        continue;
      }
      const code = this.#libc.errno();
      const controlLength = (this.#replies + first * headerBytes + controlLengthAt) >> 2;
      if ((code === EINVAL || code === ENETUNREACH) && this.#words[controlLength] !== 0) {
        // The request was sent to a multicast or broadcast address, which can't be a source: the kernel chooses one.
        this.#words[controlLength] = 0;
      } else if (code === EAGAIN && flags === MSG_DONTWAIT) {
        return false;
      } else if (code !== EINTR) {
        this.failed += 1;
        this.#flushed += 1;
      }
    }
    this.#replied = 0;
    this.#flushed = 0;
    return true;
  }

  #replyLength(reply: number): number {
    return this.#words[(this.#replyVectors + reply * VECTOR.bytes + VECTOR.lengthAt) >> 2]!;
  }

  /** Resets the lengths in the first `count` headers: recvmmsg(2) overwrote the capacities with the bytes it wrote. */
  #makeRoom(count: number): void {
    const { headerBytes, nameLengthAt, controlLengthAt } = this.#layout;
    for (let index = 0; index < count; index += 1) {
      const header = this.#received + index * headerBytes;
      this.#words[(header + nameLengthAt) >> 2] = SOCKADDR.bytes;
      this.#words[(header + controlLengthAt) >> 2] = this.#controlBytes;
    }
  }
}

function callsOf(libc: Libc) {
  return libc.functions(signatures);
}
