/** A hop of the way of one 5-tuple. */
export interface Hop {
  readonly ttl: number;
  /** The router or host that answered; null where none did. */
  readonly address: string | null;
  /** The shortest round trip. Milliseconds. */
  readonly rttMs: number | null;
  readonly sent: number;
  /** How many probes were not answered. Where none was, the hop is silent, and may well pass everything on. */
  readonly lost: number;
  /** What else was seen, a sentence each. */
  readonly notes: readonly string[];
}

/** The answer to a probe. */
export interface Answer {
  /**
   * `expired`: a router says that the TTL has ended. `target`: the target itself has answered. `stopped`: a router or
   * this host says that it sends nothing on.
   */
  readonly kind: 'expired' | 'target' | 'stopped';
  readonly address: string;
  readonly rttMs: number;
  /** Of the packet that answered; NaN where unknown. */
  readonly ttl: number;
  /** Of an ICMP message; NaN where there is none. */
  readonly trafficClass: number;
  /** Of the probe, as an ICMPv6 message quotes it, or a STAMP reflector received it; NaN where unknown. */
  readonly probeTrafficClass: number;
  /** What else it says. */
  readonly notes: readonly string[];
}

/** Of an answer that tells neither. */
export const NO_CLASS = { trafficClass: Number.NaN, probeTrafficClass: Number.NaN } as const;

/** The probes with one TTL, and their answers. */
export class HopTally {
  readonly ttl: number;
  sent = 0;
  readonly answers: Answer[] = [];

  constructor(ttl: number) {
    this.ttl = ttl;
  }

  get lost(): number {
    return this.sent - this.answers.length;
  }

  /** Those that answered, the most frequent first. */
  get addresses(): readonly string[] {
    return [...this.#counts()].sort(([, one], [, other]) => other - one).map(([address]) => address);
  }

  get rttMs(): number | null {
    return this.answers.length === 0 ? null : Math.min(...this.answers.map(({ rttMs }) => rttMs));
  }

  /** How often an address answered. */
  count(address: string): number {
    return this.#counts().get(address) ?? 0;
  }

  #counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { address } of this.answers) counts.set(address, (counts.get(address) ?? 0) + 1);
    return counts;
  }
}
