import type { Socket } from 'node:net';
import { TCPI_OPT_TIMESTAMPS, TCPI_OPT_WSCALE } from '../constants.ts';
import { type Libc, openLibc } from '../ffi.ts';
import { ipOptions, type SocketOption } from '../ip-options.ts';
import { tcpSetting } from '../proc.ts';
import { openTcpInfo } from './open-tcp-info.ts';
import { descriptorOf, type TcpInfo, TIMESTAMPS_BYTES } from './tcp-info.ts';

/** What this host put into the SYN of a connection. Undefined: it does not know. */
export interface SentSyn {
  readonly mss: number | undefined;
  readonly scalesWindow: boolean | undefined;
  /** The shift count; known where both ends scale their windows. */
  readonly windowScale: number | undefined;
  readonly sack: boolean | undefined;
  readonly timestamps: boolean | undefined;
  /** TTL, or the hop limit of IPv6. */
  readonly ttl: number | undefined;
  readonly dscp: number | undefined;
}

let opened: SentSyns | { readonly reason: string } | undefined;

/** @returns the shared reader of this thread, or why this system can't have one */
export function openSentSyns(): SentSyns | { readonly reason: string } {
  opened ??= open();
  return opened;
}

function open(): SentSyns | { readonly reason: string } {
  const libc = openLibc();
  if ('reason' in libc) return libc;
  const info = openTcpInfo();
  return 'reason' in info ? info : new SentSyns(libc, info);
}

/** Reads from a connection that is open, and from settings of this host, what was in its SYN. */
export class SentSyns {
  readonly #getsockopt;
  readonly #info: TcpInfo;
  readonly #value = Int32Array.of(0);
  readonly #length = Uint32Array.of(0);

  constructor(libc: Libc, info: TcpInfo) {
    this.#getsockopt = libc.functions({
      getsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'], return: 'i32' },
    }).getsockopt;
    this.#info = info;
  }

  /** Undefined for a socket that is closed. */
  read(socket: Socket): SentSyn | undefined {
    const fd = descriptorOf(socket);
    if (!this.#info.read(socket)) return undefined;
    const { advertisedMss, options, ownWindowScale } = this.#info;
    const { level, trafficClass, ttl } = ipOptions(socket.remoteFamily === 'IPv6' ? 6 : 4);
    const mark = this.#option(fd, { level, name: trafficClass });
    return {
      // The kernel takes the timestamps off when the reply to the SYN has them too.
      mss: advertisedMss + ((options & TCPI_OPT_TIMESTAMPS) === 0 ? 0 : TIMESTAMPS_BYTES),
      scalesWindow: isOn('tcp_window_scaling'),
      windowScale: (options & TCPI_OPT_WSCALE) === 0 ? undefined : ownWindowScale,
      sack: isOn('tcp_sack'),
      timestamps: isOn('tcp_timestamps'),
      ttl: this.#option(fd, { level, name: ttl }),
      dscp: mark === undefined ? undefined : mark >> 2,
    };
  }

  #option(fd: number, { level, name }: SocketOption): number | undefined {
    this.#length[0] = this.#value.byteLength;
    const result = this.#getsockopt(fd, level, name, this.#value.buffer, this.#length.buffer);
    return result < 0 ? undefined : this.#value[0];
  }
}

function isOn(setting: string): boolean | undefined {
  const value = tcpSetting(setting);
  return value === undefined ? undefined : value !== 0;
}
