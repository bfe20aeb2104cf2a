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
/** How many samples are repeated because the probe was late or stalled, for each that is asked for. */
const MAX_REPEATS = 3;
/** Where so many samples of each port could not be sent, and none was, no more are tried. */
const MAX_UNSENT = 2;

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

/** Samples that tell nothing of the path. */
export interface Untold {
  readonly count: number;
  /** Those that had a source port before they failed; without repeats. */
  readonly ports: ReadonlySet<number>;
}

/** What a sweep has found. */
export interface Swept {
  /** Those that could be used, ascending. */
  readonly tallies: readonly PortTally[];
  readonly verdict: JudgedPorts;
  /** Ports that other sockets have, with the message. */
  readonly taken: ReadonlyMap<number, string>;
  /** By the reason. */
  readonly untold: ReadonlyMap<string, Untold>;
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
  readonly #untold = new Map<string, { count: number; readonly ports: Set<number> }>();
  readonly #failures = new Map<string, number>();
  readonly #done = Promise.withResolvers<void>();
  #order: number[] = [];
  #underWay = 0;
  /** Samples that are not begun yet. */
  #left: number;
  #repeats: number;
  #nextLookMs = 0;

  constructor(options: SweepOptions) {
    this.#options = options;
    this.#left = options.ports.length * options.count;
    this.#repeats = this.#left * MAX_REPEATS;
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
      count: Number.POSITIVE_INFINITY,
      issue: (_, dueMs) => this.#issue(flows, dueMs),
      ended() {},
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

  stalled(port: number): void {
    this.#tellsNothing('the probe was stalled during the sample', port);
    this.#underWay -= 1;
    if (this.#repeats > 0) {
      this.#repeats -= 1;
      this.#left += 1;
      this.#begun.set(port, this.#begun.get(port)! - 1);
    }
    this.#checkDone();
  }

  unsent(port: number, why: string): void {
    const { count: unsent } = this.#tellsNothing(why, port);
    this.#underWay -= 1;
    const isHopeless =
      unsent >= MAX_UNSENT * this.#counts.size && this.tallies.every(({ sent }) => sent === 0);
    if (isHopeless) this.#done.resolve();
    this.#checkDone();
  }

  taken(port: number, why: string): void {
    // A port that was ours before is busy for a moment only; what it has told counts.
    if ((this.#counts.get(port)?.sent ?? 0) > 0) {
      this.unsent(port, why);
      return;
    }
    this.#taken.set(port, why);
    this.#counts.delete(port);
    const begun = this.#begun.get(port) ?? 0;
    if (begun > 0) this.#underWay -= 1;
    this.#left = Math.max(0, this.#left - this.#options.count + begun);
    if (this.#counts.size === 0) this.#done.resolve();
    this.#checkDone();
  }

  #issue(flows: SourceFlows, dueMs: number): void {
    const { clock, count } = this.#options;
    if (this.#left === 0) return;
    // Not sent: all missed samples at once would be a burst of load.
    const isLate = clock.now() - dueMs > PROBER_LATE_MS;
    if (isLate && this.#repeats > 0) {
      this.#repeats -= 1;
      return;
    }
    this.#left -= 1;
    const port = isLate ? undefined : this.#freePort(flows, count);
    if (port === undefined) {
      this.#tellsNothing(isLate ? 'the probe was late' : 'every port waited for its sample before');
    } else {
      this.#begun.set(port, (this.#begun.get(port) ?? 0) + 1);
      this.#underWay += 1;
      flows.send(port);
    }
    this.#checkDone();
  }

  #freePort(flows: SourceFlows, count: number): number | undefined {
    for (let tries = this.#counts.size; tries > 0; tries -= 1) {
      const port = this.#nextPort();
      if ((this.#begun.get(port) ?? 0) < count && !flows.isBusy(port)) return port;
    }
    return undefined;
  }

  #nextPort(): number {
    if (this.#order.length === 0) this.#order = shuffled([...this.#counts.keys()]);
    return this.#order.pop()!;
  }

  #tellsNothing(why: string, port?: number): Untold {
    const untold = this.#untold.get(why) ?? { count: 0, ports: new Set() };
    this.#untold.set(why, untold);
    untold.count += 1;
    if (port !== undefined) untold.ports.add(port);
    return untold;
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

  /**
   * Whether more samples would change nothing: each port is bad or loses nothing, or nothing is answered at all. Beside
   * dead ports those of another path that loses a part look good at first.
   */
  get #isDecided(): boolean {
    const { tallies } = this;
    const needed = samplesToTell(tallies.length);
    if (tallies.every(({ lost, sent }) => sent >= needed && lost === sent)) return true;
    const { bad, groups, unclear } = judgePorts(tallies);
    const isRestClean = unclear.length === 0 && groups[0]?.lost === 0;
    return bad.length > 0 && isRestClean && tallies.every(({ sent }) => sent > 0);
  }

  #checkDone(): void {
    if (this.#left === 0 && this.#underWay === 0) this.#done.resolve();
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
