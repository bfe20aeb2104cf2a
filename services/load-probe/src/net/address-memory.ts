import type { Clock } from '../sampling/clock.ts';
import { type IcmpHint, icmpHintOf, type SocketError } from './failure.ts';

/**
 * How long an ICMP message is remembered. Linux sends one a second to each host and six at a burst (icmp_ratelimit of
 * icmp(7)), other systems and routers fewer. Milliseconds.
 */
const REMEMBERED_MS = 60_000;
/** Bounds the memory: the addresses of a name may change for months. */
const MAX_ADDRESSES = 256;

/** What samples of a UDP target have learnt about its addresses, to explain a later silence. */
export class AddressMemory {
  readonly #clock: Clock;
  /** Addresses that replied to the last request. */
  readonly #answering = new Set<string>();
  /** By address: the last ICMP message about it, unless it has replied since. */
  readonly #messages = new Map<string, { readonly message: IcmpHint; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  answered(address: string): void {
    if (this.#answering.size === MAX_ADDRESSES) this.#answering.clear();
    this.#answering.add(address);
    this.#messages.delete(address);
  }

  silent(address: string): void {
    this.#answering.delete(address);
  }

  failed(address: string, error: SocketError): void {
    this.silent(address);
    this.#forgetOld();
    const message = icmpHintOf(error);
    if (message) this.#messages.set(address, { message, atMs: this.#clock.now() });
  }

  isAnswering(address: string | undefined): boolean {
    return address !== undefined && this.#answering.has(address);
  }

  /** The likely cause of a silence, to append to its message; empty where nothing is known. */
  silenceHint(address: string): string {
    this.#forgetOld();
    const last = this.#messages.get(address);
    if (!last) return '';
    const agoMs = Math.round(this.#clock.now() - last.atMs);
    return `; ${silenceMeans[last.message](agoMs)}: hosts and routers limit how often they say so (ICMP)`;
  }

  #forgetOld(): void {
    for (const [address, { atMs }] of this.#messages) {
      if (this.#clock.now() - atMs > REMEMBERED_MS) this.#messages.delete(address);
    }
  }
}

/** The likely cause of a silence after an ICMP message. */
const silenceMeans: Readonly<Record<IcmpHint, (agoMs: number) => string>> = {
  refused: (agoMs) =>
    `it refused ${agoMs} ms ago and has not answered since, so most likely nothing listens there`,
  forbidden: (agoMs) =>
    `a firewall or a router forbade the traffic ${agoMs} ms ago and nothing has come back since, so most likely it still does`,
  no_way: (agoMs) =>
    `a router said ${agoMs} ms ago that nothing gets there and nothing has come back since, so most likely that is still so`,
};
