import { Socket, type SocketConstructorOpts } from 'node:net';
import type { Ecn, TcpInfo } from '@echo-daytime/linux';
import { counted } from '../stats/format.ts';

/** What the kernel knows of the TCP connection of a sample, at the end of the sample. */
export interface TcpStats {
  /** Segments that this host sent again during the sample, SYNs included. */
  readonly retransmits: number;
  readonly synRetransmits: number;
  /** Undefined where the connect failed. */
  readonly connection: TcpConnectionStats | undefined;
}

export interface TcpConnectionStats {
  /** Smoothed, of segments to their acknowledgements, milliseconds; undefined before the first. */
  readonly rttMs: number | undefined;
  /** Bytes of data in the largest segment that this host sends. */
  readonly mss: number;
  readonly ecn: Ecn;
}

/** A connection over TCP that can still tell what the kernel knew of it when it is closed. */
export class TcpSocket extends Socket {
  readonly #info: TcpInfo | undefined;
  #isConnected = false;
  #synRetransmits = 0;
  #last: TcpStats | undefined;

  /** @param info undefined where the kernel can't be asked, or need not */
  constructor(options: SocketConstructorOpts, info: TcpInfo | undefined) {
    super(options);
    this.#info = info;
  }

  /** Called when the connect has succeeded. All that was sent again by then were SYNs. */
  connected(): void {
    this.#isConnected = true;
    this.#synRetransmits = this.retransmits;
  }

  /** Segments sent again since the connect began; 0 where it is unknown. */
  get retransmits(): number {
    if (this.#info?.read(this)) return this.#info.retransmits;
    return this.#last?.retransmits ?? 0;
  }

  /**
   * Now, or as the socket was closed; undefined where it is unknown.
   *
   * @param before `retransmits` at the start of the sample: SYNs are the first segments, so they are not counted again
   */
  stats(before = 0): TcpStats | undefined {
    const stats = this.#read() ?? this.#last;
    if (!stats || before === 0) return stats;
    return {
      retransmits: stats.retransmits - before,
      synRetransmits: Math.max(0, stats.synRetransmits - before),
      connection: stats.connection,
    };
  }

  /** Every end of a socket comes through here, failures too, and closes the descriptor. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#last = this.#read();
    super._destroy(error, callback);
  }

  #read(): TcpStats | undefined {
    const info = this.#info;
    if (!info?.read(this)) return undefined;
    const { ecn, retransmits, rttMs, sentMss } = info;
    return {
      retransmits,
      synRetransmits: this.#isConnected ? this.#synRetransmits : retransmits,
      connection: this.#isConnected ? { rttMs: rttMs || undefined, mss: sentMss, ecn } : undefined,
    };
  }
}

/** What was sent again on a connection, as a note; empty where nothing was. */
export function retransmitNote({ connection, retransmits, synRetransmits }: TcpStats): string {
  if (!connection) return '';
  const others = retransmits - synRetransmits;
  return [
    synRetransmits > 0
      ? `connected, but a SYN was lost, or its answer lost or late: ${synRetransmits + 1} SYNs were sent`
      : '',
    others > 0 ? `${counted(others, 'segment')} retransmitted` : '',
  ]
    .filter((note) => note !== '')
    .join('; ');
}
