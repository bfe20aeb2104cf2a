import type { Socket } from 'node:net';
import { IPPROTO_TCP, TCP_INFO, TCPI_OPT_ECN, TCPI_OPT_ECN_SEEN } from '../constants.ts';
import type { Libc } from '../ffi.ts';

/** The beginning of struct tcp_info of <linux/tcp.h>, which newer kernels only append to. Bytes. */
export interface TcpInfoLayout {
  readonly bytes: number;
  readonly stateAt: number;
  readonly optionsAt: number;
  /** Four bits each: of the windows that the peer announces, and of our own. */
  readonly windowScalesAt: number;
  readonly sentMssAt: number;
  readonly retransmitsUnderWayAt: number;
  readonly rttAt: number;
  readonly rttVarianceAt: number;
  readonly advertisedMssAt: number;
  readonly retransmitsAt: number;
  readonly maxPacingRateAt: number;
}

export const linux64TcpInfo: TcpInfoLayout = {
  bytes: 120,
  stateAt: 0,
  optionsAt: 5,
  windowScalesAt: 6,
  sentMssAt: 16,
  retransmitsUnderWayAt: 36,
  rttAt: 68,
  rttVarianceAt: 72,
  advertisedMssAt: 84,
  retransmitsAt: 100,
  maxPacingRateAt: 112,
};

const US_PER_MS = 1_000;
/** What timestamps take of each segment (RFC 7323, appendix A). Bytes. */
export const TIMESTAMPS_BYTES = 12;

/** Explicit congestion notification (RFC 3168): whether both ends agreed on it, and whether the peer has used it. */
export type Ecn = 'off' | 'negotiated' | 'seen';

/** The private part of a socket of node:net that has the descriptor; Node has no public API for it. */
interface WithHandle {
  readonly _handle?: { readonly fd?: number } | null;
}

/** The descriptor of a socket of node:net; -1 where it is closed or not yet connecting. */
export function descriptorOf(socket: Socket): number {
  return (socket as unknown as WithHandle)._handle?.fd ?? -1;
}

/**
 * What the kernel knows of a TCP connection, TCP_INFO of tcp(7). The values are those of the last `read`, and lie in
 * memory that all connections of a thread share.
 */
export class TcpInfo {
  readonly #getsockopt;
  readonly #layout: TcpInfoLayout;
  readonly #memory: ArrayBuffer;
  readonly #view: DataView;
  readonly #length = Uint32Array.of(0);

  constructor(libc: Libc, layout = linux64TcpInfo) {
    this.#getsockopt = libc.functions({
      getsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'pointer'], return: 'i32' },
    }).getsockopt;
    this.#layout = layout;
    this.#memory = new ArrayBuffer(layout.bytes);
    this.#view = new DataView(this.#memory);
  }

  /**
   * Reads the values of a connection. It takes the socket, not a number, because the system gives the number of a
   * closed descriptor to the next file. The handle of the socket has its number from libuv, which says -1 from the moment it
   * closes the descriptor; a destroyed socket has no handle. Only this thread closes the handle, and nothing else runs
   * between that look and the call. So the number is always of this connection.
   *
   * @returns whether there are values: not of a socket that is closed or not yet connecting
   */
  read(socket: Socket): boolean {
    const fd = descriptorOf(socket);
    return fd >= 0 && this.readDescriptor(fd);
  }

  /** The same for a descriptor that the caller itself has opened. */
  readDescriptor(fd: number): boolean {
    const { bytes } = this.#layout;
    this.#length[0] = bytes;
    const result = this.#getsockopt(fd, IPPROTO_TCP, TCP_INFO, this.#memory, this.#length.buffer);
    return result === 0 && this.#length[0] === bytes;
  }

  /** State of the connection, of `include/net/tcp_states.h`. */
  get state(): number {
    return this.#view.getUint8(this.#layout.stateAt);
  }

  /** TCPI_OPT_* */
  get options(): number {
    return this.#view.getUint8(this.#layout.optionsAt);
  }

  /** The shift count of the windows that this host announces (RFC 7323); 0 also where both ends did not agree on one. */
  get ownWindowScale(): number {
    return this.#view.getUint8(this.#layout.windowScalesAt) >> 4;
  }

  get ecn(): Ecn {
    const { options } = this;
    if ((options & TCPI_OPT_ECN) === 0) return 'off';
    return (options & TCPI_OPT_ECN_SEEN) === 0 ? 'negotiated' : 'seen';
  }

  /** Segments that this host has sent again since the connect began, SYNs included. */
  get retransmits(): number {
    return this.#view.getUint32(this.#layout.retransmitsAt, true);
  }

  /** Those of them that are on their way; one that a firewall of this host has dropped is not. */
  get retransmitsUnderWay(): number {
    return this.#view.getUint32(this.#layout.retransmitsUnderWayAt, true);
  }

  /** Bytes of data in the largest segment that this host sends; without TCP options, such as timestamps, 12 bytes. */
  get sentMss(): number {
    return this.#view.getUint32(this.#layout.sentMssAt, true);
  }

  /** The same for what this host asked the peer to send. */
  get advertisedMss(): number {
    return this.#view.getUint32(this.#layout.advertisedMssAt, true);
  }

  /** Smoothed round-trip time of segments to their acknowledgements (RFC 6298), milliseconds; 0 before the first. */
  get rttMs(): number {
    return this.#view.getUint32(this.#layout.rttAt, true) / US_PER_MS;
  }

  /** Its mean deviation, milliseconds. */
  get rttVarianceMs(): number {
    return this.#view.getUint32(this.#layout.rttVarianceAt, true) / US_PER_MS;
  }

  /** SO_MAX_PACING_RATE of socket(7), the lower 32 bits, bytes a second. */
  get maxPacingRate(): number {
    return this.#view.getUint32(this.#layout.maxPacingRateAt, true);
  }
}
