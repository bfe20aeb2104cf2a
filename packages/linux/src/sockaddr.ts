import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { AF_INET, AF_INET6 } from './constants.ts';
import type { Libc } from './ffi.ts';

/** struct sockaddr_in and sockaddr_in6; the family comes first, port and addresses are in network order. Bytes. */
export const SOCKADDR = {
  bytes: 28,
  ipv4Bytes: 16,
  portAt: 2,
  ipv4At: 4,
  flowInfoAt: 4,
  ipv6At: 8,
  scopeAt: 24,
} as const;

/** One end of a connection, or the source of a datagram. */
export interface Endpoint {
  /** Never IPv4-mapped IPv6. */
  readonly address: string;
  readonly port: number;
}

const signatures = {
  inet_pton: { arguments: ['i32', 'string', 'pointer'], return: 'i32' },
  if_nametoindex: { arguments: ['string'], return: 'u32' },
} as const;

/** A socket address: struct sockaddr_in or sockaddr_in6. `host` may name its interface: `fe80::1%eth0`. */
export function sockaddrOf(libc: Libc, host: string, port: number): ArrayBuffer {
  const { inet_pton, if_nametoindex } = libc.functions(signatures);
  const ipv6 = isIPv6(host);
  const sockaddr = new ArrayBuffer(ipv6 ? SOCKADDR.bytes : SOCKADDR.ipv4Bytes);
  const view = new DataView(sockaddr);
  view.setUint16(0, ipv6 ? AF_INET6 : AF_INET, true);
  view.setUint16(SOCKADDR.portAt, port);
  const [address = '', zone] = host.split('%');
  const octets = new ArrayBuffer(16);
  inet_pton(ipv6 ? AF_INET6 : AF_INET, address, octets);
  const at = ipv6 ? SOCKADDR.ipv6At : SOCKADDR.ipv4At;
  new Uint8Array(sockaddr).set(new Uint8Array(octets, 0, ipv6 ? 16 : 4), at);
  if (zone !== undefined) view.setUint32(SOCKADDR.scopeAt, if_nametoindex(zone), true);
  return sockaddr;
}

/** `::ffff` in front of an IPv4 address (RFC 4291, 2.5.5.2), as a word of this machine. */
const V4_MAPPED_WORD = 0xffff0000 | 0;

/** Socket addresses in memory, one every `stride` bytes, by index. */
export class SocketAddresses {
  readonly #bytes: Uint8Array;
  readonly #halves: Uint16Array;
  readonly #words: Int32Array;
  readonly #stride: number;
  /** Secret, so that a sender can't choose addresses whose keys collide in a Map. */
  readonly #secret = randomBytes(8);
  readonly #mask = this.#secret.readInt32LE(0);
  readonly #factor = this.#secret.readInt32LE(4) | 1;

  /** @param offset of the first address; `offset` and `stride` are multiples of 4 */
  constructor(memory: ArrayBuffer, offset: number, count: number, stride: number) {
    this.#bytes = new Uint8Array(memory, offset, count * stride);
    this.#halves = new Uint16Array(memory, offset, (count * stride) / 2);
    this.#words = new Int32Array(memory, offset, (count * stride) / 4);
    this.#stride = stride;
  }

  port(index: number): number {
    const at = index * this.#stride + SOCKADDR.portAt;
    return this.#bytes[at]! * 256 + this.#bytes[at + 1]!;
  }

  /**
   * Identifies an address: a number for IPv4, which costs no allocation; for IPv6 a string of the address and the
   * interface, which V8 hashes with its own secret.
   */
  key(index: number): number | string {
    const ipv4 = this.#ipv4At(index);
    if (ipv4 >= 0) return this.#scrambled(this.#words[ipv4 / 4]!);
    const at = (index * this.#stride + SOCKADDR.ipv6At) / 2;
    const halves = this.#halves;
    return String.fromCharCode(
      halves[at]!,
      halves[at + 1]!,
      halves[at + 2]!,
      halves[at + 3]!,
      halves[at + 4]!,
      halves[at + 5]!,
      halves[at + 6]!,
      halves[at + 7]!,
      // The interface that a link-local address belongs to, otherwise 0.
      halves[at + 8]!,
      halves[at + 9]!,
    );
  }

  /** Whether its packets are IPv4 packets, also where the address is mapped into IPv6. */
  isIpv4(index: number): boolean {
    return this.#ipv4At(index) >= 0;
  }

  address(index: number): string {
    const ipv4 = this.#ipv4At(index);
    const bytes = this.#bytes;
    if (ipv4 >= 0) return `${bytes[ipv4]}.${bytes[ipv4 + 1]}.${bytes[ipv4 + 2]}.${bytes[ipv4 + 3]}`;
    const at = index * this.#stride + SOCKADDR.ipv6At;
    const groups = Array.from({ length: 8 }, (_, group) =>
      (bytes[at + 2 * group]! * 256 + bytes[at + 2 * group + 1]!).toString(16),
    );
    return groups.join(':');
  }

  /** Offset of the IPv4 address, plain or mapped into IPv6; -1 where there is none. */
  #ipv4At(index: number): number {
    const at = index * this.#stride;
    if (this.#halves[at / 2] === AF_INET) return at + SOCKADDR.ipv4At;
    const word = (at + SOCKADDR.ipv6At) / 4;
    const words = this.#words;
    return words[word] === 0 && words[word + 1] === 0 && words[word + 2] === V4_MAPPED_WORD
      ? at + SOCKADDR.ipv6At + 12
      : -1;
  }

  /** Every step is reversible, so that different addresses have different keys. */
  #scrambled(address: number): number {
    const mixed = Math.imul(address ^ this.#mask, this.#factor);
    return Math.imul(mixed ^ (mixed >>> 16), this.#factor);
  }
}
