import type { IpAddress } from '@echo-daytime/addresses';
import type { Outcome } from '../outcome.ts';
import type { Attempt, FlowEvents, Prober, Reading } from '../sample.ts';
import type { SourcePort, SourcePorts } from './source-ports.ts';
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
 * Takes samples from fixed source ports in turn, all to one address: each port stays on its path, so that its losses
 * add up.
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
    const source = ports.take();
    // The target does not answer, at a shorter interval than a sweep may have.
    if (source === undefined) return fresh({ ...attempt, pickAddress: this.#pickAddress });
    try {
      const reading = await this.#probeFrom(source, attempt);
      void this.#giveBack(source, reading);
      const { port } = source;
      return { ...reading, judged: (outcome) => this.#judged(port, outcome, reading) };
    } catch (error) {
      ports.giveBack(source);
      throw error;
    }
  }

  async #probeFrom(source: SourcePort, attempt: Attempt): Promise<Reading> {
    const { fresh, ports } = this.#options;
    for (let tries = 1; ; tries += 1) {
      const { port: localPort } = source;
      const reading = await fresh({ ...attempt, localPort, pickAddress: this.#pickAddress });
      const { result } = reading;
      if (result.outcome === 'ok' || !result.isPortTaken) return reading;
      this.#tally.drop(localPort);
      ports.replace(source);
      if (tries === MAX_TRIES) return reading;
    }
  }

  /** Once its flow is closed, which may be after the sample. */
  async #giveBack(source: SourcePort, { duplicates, told }: Reading): Promise<void> {
    await Promise.allSettled([duplicates, told]);
    this.#options.ports.giveBack(source);
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
