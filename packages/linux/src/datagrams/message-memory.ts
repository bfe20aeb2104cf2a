import {
  AF_INET6,
  IP_RECVERR,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_HOPLIMIT,
  IPV6_RECVERR,
  IPV6_TCLASS,
  SO_TIMESTAMPING,
  SOL_SOCKET,
} from '../constants.ts';
import type { Libc } from '../ffi.ts';
import { SOCKADDR, SocketAddresses } from '../sockaddr.ts';
import {
  CONTROL_HEADER,
  type ErrorLayout,
  linux64,
  linux64Errors,
  type MessageLayout,
  VECTOR,
} from './layout.ts';

/** Longer than any datagram, so that no datagram is truncated. Bytes. */
const DATAGRAM_BYTES = 65_536;
/** More than all requested control messages take. Bytes. */
const CONTROL_BYTES = 512;
/** struct timespec. */
const NS_PER_MS = 1e6;
const MS_PER_S = 1e3;

/** Offsets of the parts in the memory. Bytes. */
const HEADER = 0;
const VECTOR_AT = 64;
const NAME = 96;
const CONTROL = 128;
const DATAGRAM = CONTROL + CONTROL_BYTES;

/**
 * The memory that the sockets of a thread receive into: struct msghdr and the parts it points to. No pointer into it
 * leaves this object. The results of a call stay valid until the next call.
 */
export class MessageMemory {
  /** For recvmsg(2). */
  readonly header: bigint;
  /** From the control messages of the last datagram; NaN where they were not requested. */
  ttl = Number.NaN;
  trafficClass = Number.NaN;
  /** Timestamp of the kernel, milliseconds since the Unix epoch. */
  stampedAt = Number.NaN;
  /** Offset of struct sock_extended_err in the last control messages; -1 where there is none. */
  errorAt = -1;
  readonly layout: ErrorLayout;

  readonly #memory = new ArrayBuffer(DATAGRAM + DATAGRAM_BYTES);
  readonly #view = new DataView(this.#memory);
  readonly #words = new Int32Array(this.#memory, 0, DATAGRAM / 4);
  readonly #datagram = Buffer.from(this.#memory, DATAGRAM, DATAGRAM_BYTES);
  readonly #message: MessageLayout;
  /** The last view of a datagram, reused while datagrams have the same length. */
  #taken = this.#datagram;

  constructor(libc: Libc, layout: ErrorLayout = linux64Errors, message: MessageLayout = linux64) {
    this.layout = layout;
    this.#message = message;
    const base = libc.addressOf(this.#memory);
    this.header = base + BigInt(HEADER);
    const point = (at: number, to: number): void => this.#view.setBigUint64(at, base + BigInt(to), true);
    point(HEADER + message.nameAt, NAME);
    point(HEADER + message.vectorAt, VECTOR_AT);
    point(HEADER + message.controlAt, CONTROL);
    point(VECTOR_AT + VECTOR.baseAt, DATAGRAM);
    this.#words[(HEADER + message.vectorCountAt) >> 2] = 1;
  }

  /** Resets the lengths before each call that receives: the kernel overwrote the capacities with the bytes it wrote. */
  prepare(): void {
    this.#words[(HEADER + this.#message.nameLengthAt) >> 2] = SOCKADDR.bytes;
    this.#words[(HEADER + this.#message.controlLengthAt) >> 2] = CONTROL_BYTES;
    this.#words[(VECTOR_AT + VECTOR.lengthAt) >> 2] = DATAGRAM_BYTES;
  }

  /** The received datagram, valid until the next call. */
  received(length: number): Buffer {
    if (this.#taken.length !== length) this.#taken = this.#datagram.subarray(0, length);
    return this.#taken;
  }

  /** Reads the control messages of the last call. */
  readControl(): void {
    this.ttl = Number.NaN;
    this.trafficClass = Number.NaN;
    this.stampedAt = Number.NaN;
    this.errorAt = -1;
    const words = this.#words;
    const end = CONTROL + words[(HEADER + this.#message.controlLengthAt) >> 2]!;
    for (let at = CONTROL; at + CONTROL_HEADER.bytes <= end; ) {
      const length = words[at >> 2]!;
      if (length < CONTROL_HEADER.bytes) return;
      this.#readOne(
        words[(at + CONTROL_HEADER.levelAt) >> 2]!,
        words[(at + CONTROL_HEADER.typeAt) >> 2]!,
        at + CONTROL_HEADER.bytes,
      );
      at += Math.ceil(length / CONTROL_HEADER.alignment) * CONTROL_HEADER.alignment;
    }
  }

  #readOne(level: number, type: number, at: number): void {
    if (level === SOL_SOCKET && type === SO_TIMESTAMPING) {
      // The first of three timestamps is by software: seconds and nanoseconds, 64 bits each.
      const seconds = Number(this.#view.getBigInt64(at, true));
      this.stampedAt = seconds * MS_PER_S + Number(this.#view.getBigInt64(at + 8, true)) / NS_PER_MS;
    } else if (level === IPPROTO_IP) {
      if (type === IP_RECVERR) this.errorAt = at;
      else if (type === IP_TTL) this.ttl = this.#words[at >> 2]!;
      else if (type === IP_TOS) this.trafficClass = this.#view.getUint8(at);
    } else if (level === IPPROTO_IPV6) {
      if (type === IPV6_RECVERR) this.errorAt = at;
      else if (type === IPV6_HOPLIMIT) this.ttl = this.#words[at >> 2]!;
      else if (type === IPV6_TCLASS) this.trafficClass = this.#words[at >> 2]!;
    }
  }

  /** Of the packet that an error over IPv6 quotes: in the socket address, ipv6_recv_error of Linux. NaN over IPv4. */
  quotedTrafficClass(): number {
    if (this.#view.getUint16(NAME, true) !== AF_INET6) return Number.NaN;
    return (this.#view.getUint32(NAME + SOCKADDR.flowInfoAt) >>> 20) & 0xff;
  }

  /** A one-byte field of struct sock_extended_err. */
  errorByte(at: number): number {
    return this.#view.getUint8(this.errorAt + at);
  }

  errorWord(at: number): number {
    return this.#view.getUint32(this.errorAt + at, true);
  }

  /** The router that reported it: the socket address behind struct sock_extended_err; undefined where it has none. */
  offender(): string | undefined {
    const at = this.errorAt + this.layout.bytes;
    // AF_UNSPEC: this host itself reported it.
    if (this.#view.getUint16(at, true) === 0) return undefined;
    return new SocketAddresses(this.#memory, at, 1, SOCKADDR.bytes).address(0);
  }
}
