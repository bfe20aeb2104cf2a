import type { Ecn } from '@echo-daytime/linux';
import { retransmitNote, type TcpStats } from '../net/tcp-socket.ts';
import { counted, ms } from '../stats/format.ts';
import { LatencyHistogram } from '../stats/histogram.ts';
import { roundTripsOf } from '../stats/round-trips.ts';

/** What the kernel told of the TCP connections of one series of samples. */
export class TcpTally {
  #samples = 0;
  #retransmitted = 0;
  #synRetransmitted = 0;
  /** Of the last sample with one. */
  #note: string | undefined;
  readonly #rtts = new LatencyHistogram();
  #mss: { readonly min: number; readonly max: number } | undefined;
  readonly #ecn: Record<Ecn, number> = { off: 0, negotiated: 0, seen: 0 };

  add(stats: TcpStats): void {
    const { connection, retransmits, synRetransmits } = stats;
    this.#samples += 1;
    if (retransmits > 0) this.#retransmitted += 1;
    if (synRetransmits > 0) this.#synRetransmitted += 1;
    this.#note = retransmitNote(stats) || this.#note;
    if (!connection) return;
    const { ecn, mss, rttMs } = connection;
    if (rttMs !== undefined) this.#rtts.record(rttMs);
    this.#mss = { min: Math.min(mss, this.#mss?.min ?? mss), max: Math.max(mss, this.#mss?.max ?? mss) };
    this.#ecn[ecn] += 1;
  }

  /** For the JSON; null where the kernel told nothing. */
  get document(): object | null {
    if (this.#samples === 0) return null;
    return {
      samples: this.#samples,
      retransmitted: this.#retransmitted,
      synRetransmitted: this.#synRetransmitted,
      note: this.#note ?? null,
      rttMs: roundTripsOf(this.#rtts) ?? null,
      mss: this.#mss ?? null,
      ecn: this.#ecn,
    };
  }

  /** For the report; none where the kernel told nothing. */
  get lines(): string[] {
    const lines: string[] = [];
    const rtts = roundTripsOf(this.#rtts);
    if (rtts && this.#mss) {
      const { min, max } = this.#mss;
      const mss = min === max ? `${min}` : `${min} to ${max}`;
      const ecn = this.#ecn.negotiated + this.#ecn.seen > 0 ? ', with ECN' : '';
      const times = `p50 ${ms(rtts.p50)}, p99 ${ms(rtts.p99)}, max ${ms(rtts.max)}`;
      lines.push(`TCP acknowledged after ${times}; MSS ${mss} bytes${ecn}`);
    }
    if (this.#retransmitted > 0) {
      const last = this.#note === undefined ? '' : `, the last: ${this.#note}`;
      lines.push(`${counted(this.#retransmitted, 'sample')} with retransmitted segments${last}`);
    }
    return lines;
  }
}
