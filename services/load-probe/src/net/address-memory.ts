import type { Clock } from '../clock.ts';

/**
 * How long a refusal is remembered. Linux says that nobody listens once a second to each host and six times at a burst
 * (icmp_ratelimit of icmp(7)), other systems and routers less often. Milliseconds.
 */
const REMEMBERED_MS = 60_000;
/** A name may go from address to address for months. */
const MAX_ADDRESSES = 256;

/** What the samples of a target have learnt about its addresses, over UDP, where silence alone says little. */
export class AddressMemory {
  readonly #clock: Clock;
  /** Those that answered when they were last asked. */
  readonly #answering = new Set<string>();
  /** By address: when it last refused, milliseconds of the clock, unless it has answered since. */
  readonly #refusals = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  answered(address: string): void {
    if (this.#answering.size === MAX_ADDRESSES) this.#answering.clear();
    this.#answering.add(address);
    this.#refusals.delete(address);
  }

  silent(address: string): void {
    this.#answering.delete(address);
  }

  refused(address: string): void {
    this.silent(address);
    this.#forgetOld();
    this.#refusals.set(address, this.#clock.now());
  }

  isAnswering(address: string | undefined): boolean {
    return address !== undefined && this.#answering.has(address);
  }

  /** What a silence may be, in words to put behind it; empty where nothing is known. */
  silenceWords(address: string): string {
    this.#forgetOld();
    const refusedMs = this.#refusals.get(address);
    if (refusedMs === undefined) return '';
    const agoMs = Math.round(this.#clock.now() - refusedMs);
    return (
      `; it refused ${agoMs} ms ago and has not answered since, so most likely nothing listens there: ` +
      'hosts and routers limit how often they say so (ICMP)'
    );
  }

  #forgetOld(): void {
    for (const [address, refusedMs] of this.#refusals) {
      if (this.#clock.now() - refusedMs > REMEMBERED_MS) this.#refusals.delete(address);
    }
  }
}
