import { SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6 } from '../constants.ts';
import { systemError } from '../ffi.ts';
import type { MessageMemory } from './message-memory.ts';

/** What an ICMP message says of a datagram that was sent: an entry of a socket's error queue, ip(7). */
export interface IcmpReport {
  readonly version: 4 | 6;
  readonly type: number;
  readonly code: number;
  /** Of "fragmentation needed" and "packet too big": the MTU of the next link; 0 where the router names none. */
  readonly mtu: number;
  /** The host or router that sent the message. */
  readonly reporter: string | undefined;
  /** As much of the datagram as the message quotes; it may be nothing. */
  readonly quoted: Buffer;
  /** What the system makes of it, as a receive would have it. */
  readonly error: NodeJS.ErrnoException;
}

/** The ICMP message of the entry that was read last, if it is one. */
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
    error: systemError('recvmsg', memory.errorWord(layout.errnoAt)),
  };
}
