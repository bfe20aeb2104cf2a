import {
  AF_INET,
  IP_PKTINFO,
  IP_TOS,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_HOPLIMIT,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  SO_TIMESTAMPNS,
  SOL_SOCKET,
} from '../constants.ts';
import { CONTROL, CONTROL_HEADER } from './layout.ts';

/** Words of `flow`: the socket address of the source, then the destination address. */
const SOURCE_WORDS = 7;
const DESTINATION_WORDS = 4;
/** Of the same: family with port, and address, of an IPv4 socket. */
const IPV4_SOURCE_WORDS = 2;
const FAMILY = 0xffff;

/** The header of one received datagram, out of its control messages, cmsg(3). */
export class ReceivedHeader {
  /** Of the IP header; NaN where the kernel did not tell. */
  ttl = Number.NaN;
  /** DSCP and ECN, the whole byte. */
  trafficClass = Number.NaN;
  /** When the kernel received it, Unix time; NaN where it did not tell. */
  seconds = Number.NaN;
  nanoseconds = Number.NaN;
  /** Source and destination: the same words for the datagrams of one flow, for no others. */
  readonly flow: Int32Array = new Int32Array(SOURCE_WORDS + DESTINATION_WORDS);

  /** What the reply is to be sent with; NaN is the system's default. */
  replyTrafficClass = Number.NaN;

  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;

  /** @param words of the memory that names and control messages are in */
  constructor(words: Int32Array) {
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  /**
   * Reads the control messages, and puts the destination before the others: a reply is sent from there.
   *
   * @param name offset of the source, `control` of the messages
   * @returns length of the messages that the reply is sent with
   */
  read(name: number, control: number, length: number): number {
    const words = this.#words;
    this.ttl = Number.NaN;
    this.trafficClass = Number.NaN;
    this.replyTrafficClass = Number.NaN;
    this.seconds = Number.NaN;
    // Behind a short address is what was in this place before.
    const source = (words[name >> 2]! & FAMILY) === AF_INET ? IPV4_SOURCE_WORDS : SOURCE_WORDS;
    this.flow.fill(0);
    for (let word = 0; word < source; word += 1) this.flow[word] = words[(name >> 2) + word]!;
    let destination = 0;
    for (let at = control; at + CONTROL_HEADER.bytes <= control + length; ) {
      const own = words[at >> 2]!;
      if (own < CONTROL_HEADER.bytes) break;
      const space = spaceOf(own);
      if (this.#readOne(at)) destination = this.#moveToFront(at, control, space);
      at += space;
    }
    return destination;
  }

  /**
   * Has the reply sent with a traffic class.
   *
   * @param length of the messages that the reply is sent with so far
   * @returns length with this one
   */
  addTrafficClass(control: number, length: number, trafficClass: number, isIpv4: boolean): number {
    const at = control + length;
    const words = this.#words;
    const dataBytes = Int32Array.BYTES_PER_ELEMENT;
    words[at >> 2] = CONTROL_HEADER.bytes + dataBytes;
    words[(at >> 2) + 1] = 0;
    words[(at + CONTROL_HEADER.levelAt) >> 2] = isIpv4 ? IPPROTO_IP : IPPROTO_IPV6;
    words[(at + CONTROL_HEADER.typeAt) >> 2] = isIpv4 ? IP_TOS : IPV6_TCLASS;
    words[(at + CONTROL_HEADER.bytes) >> 2] = trafficClass;
    return length + spaceOf(CONTROL_HEADER.bytes + dataBytes);
  }

  /** @returns whether the message has the destination */
  #readOne(at: number): boolean {
    const words = this.#words;
    const level = words[(at + CONTROL_HEADER.levelAt) >> 2]!;
    const type = words[(at + CONTROL_HEADER.typeAt) >> 2]!;
    const data = (at + CONTROL_HEADER.bytes) >> 2;
    if (level === SOL_SOCKET && type === SO_TIMESTAMPNS) {
      // The low words of seconds and nanoseconds, 64 bits each.
      this.seconds = words[data]! >>> 0;
      this.nanoseconds = words[data + 2]!;
    } else if (level === IPPROTO_IP) {
      if (type === IP_TTL) this.ttl = words[data]!;
      else if (type === IP_TOS) this.trafficClass = this.#bytes[data << 2]!;
      else if (type === IP_PKTINFO) {
        this.flow[SOURCE_WORDS] = words[(at + CONTROL.ipv4AddressAt) >> 2]!;
        return true;
      }
    } else if (level === IPPROTO_IPV6) {
      if (type === IPV6_HOPLIMIT) this.ttl = words[data]!;
      else if (type === IPV6_TCLASS) this.trafficClass = words[data]!;
      else if (type === IPV6_PKTINFO) {
        for (let word = 0; word < DESTINATION_WORDS; word += 1) {
          this.flow[SOURCE_WORDS + word] = words[data + word]!;
        }
        return true;
      }
    }
    return false;
  }

  /** Its length is kept: what stands at the front has been read. */
  #moveToFront(at: number, control: number, space: number): number {
    if (at !== control) this.#bytes.copyWithin(control, at, at + space);
    return space;
  }
}

/** fe80::/10, in the bytes of the first word as this machine reads it. */
const LINK_LOCAL = 0x80fe;
const LINK_LOCAL_MASK = 0xc0ff;

/**
 * Lets routing choose the interface of a reply, except for link-local addresses, which belong to one interface.
 *
 * @param control offset of the message with the destination
 */
export function leaveInterfaceOpen(words: Int32Array, control: number): void {
  if (words[(control + CONTROL.levelAt) >> 2] !== IPPROTO_IPV6) {
    words[(control + CONTROL.ipv4InterfaceAt) >> 2] = 0;
  } else if ((words[(control + CONTROL.ipv6AddressAt) >> 2]! & LINK_LOCAL_MASK) !== LINK_LOCAL) {
    words[(control + CONTROL.ipv6InterfaceAt) >> 2] = 0;
  }
}

function spaceOf(length: number): number {
  return Math.ceil(length / CONTROL_HEADER.alignment) * CONTROL_HEADER.alignment;
}
