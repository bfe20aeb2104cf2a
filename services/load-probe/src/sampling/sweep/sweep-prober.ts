import type { IpAddress } from '@echo-daytime/addresses';
import type { Outcome } from '../outcome.ts';
import type { Attempt, FlowEvents, Prober, Reading } from '../sample.ts';
import type { SourcePorts } from './source-ports.ts';
import { SweepTally } from './sweep-tally.ts';

/** How many source ports are tried for a sample. Others than the first are random, so that rarely one of them is taken. */
const MAX_TRIES = 3;
/** Samples from one report to the next, which may take 2 ms. */
const SAMPLES_PER_REPORT = 8;

export interface SweepOptions {
  readonly events: FlowEvents;
  readonly ports: SourcePorts;
  /** Takes a sample over a flow of its own. */
  readonly fresh: Prober;
}

/**
 * Takes samples from fixed source ports, all to one address: each port stays on its path, so that its losses add up.
 */
export class SweepProber {
  readonly #options: SweepOptions;
  readonly #tally = new SweepTally();
  #address: string | undefined;
  #unjudged = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  async probe(attempt: Attempt): Promise<Reading> {
    const { fresh, ports } = this.#options;
    let port = ports.take();
    // The target does not answer, at a shorter interval than a sweep may have.
    if (port === undefined) return fresh({ ...attempt, pickAddress: this.#pickAddress });
    for (let tries = 1; ; tries += 1) {
      const reading = await this.#probeFrom(port, attempt);
      const { result } = reading;
      if (result.outcome === 'ok' || !result.isPortTaken) {
        const from = port;
        void this.#giveBack(from, reading);
        return { ...reading, judged: (outcome) => this.#judged(from, outcome, reading) };
      }
      this.#tally.drop(port);
      port = ports.replace(port);
      if (tries === MAX_TRIES) {
        ports.giveBack(port);
        return reading;
      }
    }
  }

  async #probeFrom(localPort: number, attempt: Attempt): Promise<Reading> {
    const { fresh, ports } = this.#options;
    try {
      return await fresh({ ...attempt, localPort, pickAddress: this.#pickAddress });
    } catch (error) {
      ports.giveBack(localPort);
      throw error;
    }
  }

  /** Once its flow is closed, which may be after the sample. */
  async #giveBack(port: number, { duplicates, told }: Reading): Promise<void> {
    await Promise.allSettled([duplicates, told]);
    this.#options.ports.giveBack(port);
  }

  #judged(port: number, outcome: Outcome, { tcp }: Reading): void {
    // No packet was sent, or the probe may be to blame.
    if (outcome === 'prober_late' || outcome === 'dns') return;
    const isAnswered = outcome === 'ok' || outcome === 'late';
    // TCP hides a loss: it sends the segment again.
    this.#tally.add(port, !isAnswered || (tcp?.retransmits ?? 0) > 0);
    this.#unjudged += 1;
    if (this.#unjudged < SAMPLES_PER_REPORT) return;
    this.#unjudged = 0;
    this.#options.events.swept?.(this.#tally.judge());
  }

  /** The one of before, as long as the host has it: to another address other ports are bad. */
  readonly #pickAddress = (addresses: readonly IpAddress[]): IpAddress => {
    const picked = addresses.find(({ address }) => address === this.#address) ?? addresses[0]!;
    if (picked.address !== this.#address) this.#tally.clear();
    this.#address = picked.address;
    return picked;
  };
}
