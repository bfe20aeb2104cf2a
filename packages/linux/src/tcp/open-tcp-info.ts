import { closeSync } from 'node:fs';
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  SO_MAX_PACING_RATE,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_MAXSEG,
  TCPI_OPT_TIMESTAMPS,
} from '../constants.ts';
import { type Libc, openLibc, systemError } from '../ffi.ts';
import { SOCKADDR, sockaddrOf } from '../sockaddr.ts';
import { movedToTracked } from '../tracked-descriptor.ts';
import { TcpInfo, TIMESTAMPS_BYTES } from './tcp-info.ts';

const signatures = {
  socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
  setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
  bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
  listen: { arguments: ['i32', 'i32'], return: 'i32' },
  getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
  connect: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
} as const;

/** Both families have the same structure: IPv6 is used where a host has no IPv4. */
const LOOPBACK = [
  { family: AF_INET, host: '127.0.0.1' },
  { family: AF_INET6, host: '::1' },
] as const;
/** The errors of a host without the family. */
const ABSENT: readonly unknown[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];
/** Values that are no system's default: bytes, and bytes a second. */
const MSS = 1_111;
const MAX_PACING_RATE = 123_456_789;
/** Of `include/net/tcp_states.h`. */
const ESTABLISHED = 1;
/** How long a connect on loopback may take, which a firewall may drop. Seconds. */
const MAX_CONNECT_S = 1n;

let opened: TcpInfo | { readonly reason: string } | undefined;

/** @returns the shared reader of this thread, or why this system can't have one */
export function openTcpInfo(): TcpInfo | { readonly reason: string } {
  opened ??= open();
  return opened;
}

function open(): TcpInfo | { readonly reason: string } {
  const libc = openLibc();
  if ('reason' in libc) return libc;
  try {
    const info = new TcpInfo(libc);
    const reason = tcpInfoMismatch(libc, info);
    return reason === undefined ? info : { reason };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

/**
 * Has the kernel fill in the structure for a connection over loopback with known values. The values lie before and behind
 * the count of retransmits, so that also its place is known.
 *
 * @returns the difference, undefined where there is none
 */
export function tcpInfoMismatch(libc: Libc, info: TcpInfo): string | undefined {
  for (const { family, host } of LOOPBACK) {
    try {
      return mismatchOver(libc, info, family, host);
    } catch (error) {
      if (!ABSENT.includes((error as NodeJS.ErrnoException).code)) throw error;
    }
  }
  return 'this host has no loopback address';
}

function mismatchOver(libc: Libc, info: TcpInfo, family: number, host: string): string | undefined {
  const call = libc.functions(signatures);
  const checked = (name: keyof typeof signatures, result: number): number => {
    if (result < 0) throw systemError(name, libc.errno());
    return result;
  };
  const set = (fd: number, level: number, option: number, value: ArrayBuffer): void => {
    checked('setsockopt', call.setsockopt(fd, level, option, value, value.byteLength));
  };
  using descriptors = new DisposableStack();
  const openSocket = (): number => {
    const fd = checked('socket', call.socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return descriptors.adopt(movedToTracked(libc, fd), closeSync);
  };
  const listening = openSocket();
  const address = sockaddrOf(libc, host, 0);
  checked('bind', call.bind(listening, address, address.byteLength));
  checked('listen', call.listen(listening, 1));
  const length = Uint32Array.of(SOCKADDR.bytes);
  const bound = new ArrayBuffer(SOCKADDR.bytes);
  checked('getsockname', call.getsockname(listening, bound, length.buffer));

  const client = openSocket();
  set(client, IPPROTO_TCP, TCP_MAXSEG, Int32Array.of(MSS).buffer);
  set(client, SOL_SOCKET, SO_MAX_PACING_RATE, Int32Array.of(MAX_PACING_RATE).buffer);
  // struct timeval: seconds, microseconds.
  set(client, SOL_SOCKET, SO_SNDTIMEO, BigInt64Array.of(MAX_CONNECT_S, 0n).buffer);
  checked('connect', call.connect(client, bound, address.byteLength));
  if (!info.readDescriptor(client)) return 'the kernel has no TCP_INFO, or a shorter one';

  const { advertisedMss, maxPacingRate, options, retransmits, rttMs, rttVarianceMs, sentMss, state } = info;
  const mss = MSS - ((options & TCPI_OPT_TIMESTAMPS) === 0 ? 0 : TIMESTAMPS_BYTES);
  // After the first round trip the deviation is half of it (RFC 6298, section 2.2).
  const isMeasured = rttMs > 0 && Math.abs(rttMs / 2 - rttVarianceMs) < 0.001;
  const found = { state, sentMss, isMeasured, advertisedMss, retransmits, maxPacingRate };
  const expected: typeof found = {
    ...{ state: ESTABLISHED, sentMss: mss, isMeasured: true, advertisedMss: mss },
    ...{ retransmits: 0, maxPacingRate: MAX_PACING_RATE },
  };
  const [is, should] = [JSON.stringify(found), JSON.stringify(expected)];
  return is === should ? undefined : `TCP_INFO of the kernel is ${is}, expected ${should}`;
}
