import { hasFailed } from '../../net/each-address.ts';
import type { FlowFailure } from '../../net/failure.ts';
import { type Clock, onDeadline } from '../../sampling/clock.ts';
import { Schedule } from '../../sampling/schedule.ts';
import { PROBER_LATE_MS } from '../../sampling/self-trust.ts';
import { type JudgedPorts, judgePorts } from '../../stats/judge-ports.ts';
import { type PortTally, samplesToTell } from '../../stats/port-classes.ts';
import type { SourceEvents, SourceFlows } from './source-flows.ts';

/** From one look at the verdict to the next, milliseconds. Each look has a chance of a false alarm. */
const LOOK_MS = 500;
const MS_PER_SECOND = 1_000;
/** On a busy machine samples that would be late are put off, up to this many times the whole. */
const MAX_STRETCH = 4;

export interface SweepOptions {
  readonly ports: readonly number[];
  /** Samples of each port, at most. */
  readonly count: number;
  /** Samples a second, all ports together. */
  readonly rate: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  open(events: SourceEvents): Promise<SourceFlows | { readonly failure: FlowFailure }>;
}

/** What a sweep has found. */
export interface Swept {
  /** Those that could be used, ascending. */
  readonly tallies: readonly PortTally[];
  readonly verdict: JudgedPorts;
  /** Ports that other sockets have, with the message. */
  readonly taken: ReadonlyMap<number, string>;
  /** Samples that tell nothing of the path, by the reason. */
  readonly untold: ReadonlyMap<string, number>;
  /** How samples failed, in words, by number. */
  readonly failures: ReadonlyMap<string, number>;
  readonly isInterrupted: boolean;
}

/**
 * Samples from all ports in open loop until the verdict is beyond doubt, or every port had its count. Each round visits
 * the ports in another random order: what loses every n-th packet, as a limit of the rate does, must not always hit the
 * same ports.
 */
export class Sweep implements SourceEvents {
  readonly #options: SweepOptions;
  readonly #counts: Map<number, { sent: number; lost: number }>;
  readonly #begun = new Map<number, number>();
  readonly #taken = new Map<number, string>();
  readonly #untold = new Map<string, number>();
  readonly #failures = new Map<string, number>();
  readonly #done = Promise.withResolvers<void>();
  #order: number[] = [];
  #underWay = 0;
  #isIssuing = true;
  #toIssue: number;
  #nextLookMs = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#toIssue = options.ports.length * options.count;
    this.#counts = new Map(options.ports.map((port) => [port, { sent: 0, lost: 0 }]));
  }

  /** @returns the failure where no flow can be opened to the target at all */
  async run(): Promise<Swept | { readonly failure: FlowFailure }> {
    const { clock, rate, signal } = this.#options;
    const flows = await this.#options.open(this);
    if (hasFailed(flows)) return flows;
    const schedule = new Schedule({
      // Half a millisecond more or less does not matter, and an exact wait would keep a core busy.
      clock: { ...clock, wakeAt: (due, callback) => onDeadline(clock, due, callback) },
      startMs: clock.now(),
      intervalMs: MS_PER_SECOND / rate,
      count: this.#toIssue * MAX_STRETCH,
      issue: (_, dueMs) => {
        if (this.#issue(flows, dueMs)) this.#toIssue -= 1;
        if (this.#toIssue === 0) schedule.stop();
      },
      ended: () => {
        this.#isIssuing = false;
        this.#checkDone();
      },
    });
    const stop = (): void => this.#done.resolve();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    await this.#done.promise;
    signal.removeEventListener('abort', stop);
    schedule.stop();
    flows.close();
    const { tallies } = this;
    return {
      tallies,
      verdict: judgePorts(tallies),
      taken: this.#taken,
      untold: this.#untold,
      failures: this.#failures,
      isInterrupted: signal.aborted,
    };
  }

  get tallies(): readonly PortTally[] {
    return [...this.#counts].map(([port, tally]) => ({ port, ...tally }));
  }

  answered(port: number): void {
    this.#ended(port, false);
  }

  lost(port: number, why: string): void {
    increment(this.#failures, why);
    this.#ended(port, true);
  }

  untold(_port: number, why: string): void {
    increment(this.#untold, why);
    this.#underWay -= 1;
    this.#checkDone();
  }

  taken(port: number, why: string): void {
    // A port that was ours before is busy for a moment only; what it has told counts.
    if ((this.#counts.get(port)?.sent ?? 0) > 0) {
      this.untold(port, why);
      return;
    }
    this.#taken.set(port, why);
    this.#counts.delete(port);
    if (this.#begun.has(port)) this.#underWay -= 1;
    if (this.#counts.size === 0) this.#done.resolve();
    this.#checkDone();
  }

  /** @returns whether the sample had its turn, though every port may be busy */
  #issue(flows: SourceFlows, dueMs: number): boolean {
    const { clock, count } = this.#options;
    // Not sent: all missed samples at once would be a burst of load.
    if (clock.now() - dueMs > PROBER_LATE_MS) return false;
    for (let tries = this.#counts.size; tries > 0; tries -= 1) {
      const port = this.#nextPort();
      const begun = this.#begun.get(port) ?? 0;
      if (begun >= count || flows.isBusy(port)) continue;
      this.#begun.set(port, begun + 1);
      this.#underWay += 1;
      flows.send(port);
      break;
    }
    return true;
  }

  #nextPort(): number {
    if (this.#order.length === 0) this.#order = shuffled([...this.#counts.keys()]);
    return this.#order.pop()!;
  }

  #ended(port: number, isLost: boolean): void {
    this.#underWay -= 1;
    const counts = this.#counts.get(port)!;
    counts.sent += 1;
    if (isLost) counts.lost += 1;
    const now = this.#options.clock.now();
    if (now >= this.#nextLookMs) {
      this.#nextLookMs = now + LOOK_MS;
      if (this.#isDecided) this.#done.resolve();
    }
    this.#checkDone();
  }

  /** Whether more samples would change nothing: each port is known to be bad or good, or nothing is answered at all. */
  get #isDecided(): boolean {
    const { tallies } = this;
    const needed = samplesToTell(tallies.length);
    if (tallies.every(({ lost, sent }) => sent >= needed && lost === sent)) return true;
    const { bad, unclear } = judgePorts(tallies);
    return bad.length > 0 && unclear.length === 0 && tallies.every(({ sent }) => sent > 0);
  }

  #checkDone(): void {
    if (!this.#isIssuing && this.#underWay === 0) this.#done.resolve();
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function shuffled(ports: readonly number[]): number[] {
  return ports
    .map((port) => ({ port, at: Math.random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ port }) => port);
}
