import { SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6 } from '../constants.ts';
import { systemError } from '../ffi.ts';
import type { MessageMemory } from './message-memory.ts';

/** An ICMP message to a sent datagram: an entry of a socket's error queue, ip(7). */
export interface IcmpReport {
  readonly version: 4 | 6;
  readonly type: number;
  readonly code: number;
  /** MTU of the next link in "fragmentation needed" and "packet too big"; 0 where the router names none. */
  readonly mtu: number;
  /** The host or router that sent the message. */
  readonly reporter: string | undefined;
  /**
   * The part of the datagram that the message quotes, without its headers; of a TCP segment with its own. May be empty.
   * What follows in the message comes with it: padding, and extensions of RFC 4884.
   */
  readonly quoted: Buffer;
  /** Of the packet that the message came in; NaN without `receiveHeader`. */
  readonly ttl: number;
  readonly trafficClass: number;
  /** Of the quoted packet, where the message is ICMPv6; NaN over IPv4 and without `receiveHeader`. */
  readonly quotedTrafficClass: number;
  /** When it came, by the kernel's clock, milliseconds since the Unix epoch; NaN without `timestamps`. */
  readonly receivedAt: number;
  /** The error that a receive would give. */
  readonly error: NodeJS.ErrnoException;
}

/** The ICMP message of the last entry; undefined where the entry is none. */
export function icmpReport(memory: MessageMemory, quotedBytes: number): IcmpReport | undefined {
  if (memory.errorAt < 0) return undefined;
  const { layout } = memory;
  const origin = memory.errorByte(layout.originAt);
  if (origin !== SO_EE_ORIGIN_ICMP && origin !== SO_EE_ORIGIN_ICMP6) return undefined;
  return {
    version: origin === SO_EE_ORIGIN_ICMP ? 4 : 6,
    type: memory.errorByte(layout.typeAt),
    code: memory.errorByte(layout.codeAt),
    mtu: memory.errorWord(layout.infoAt),
    reporter: memory.offender(),
    quoted: Buffer.from(memory.received(quotedBytes)),
    ttl: memory.ttl,
    trafficClass: memory.trafficClass,
    // Without the option the kernel writes 0.
    quotedTrafficClass: Number.isNaN(memory.ttl) ? Number.NaN : memory.quotedTrafficClass(),
    receivedAt: memory.stampedAt,
    error: systemError('recvmsg', memory.errorWord(layout.errnoAt)),
  };
}
