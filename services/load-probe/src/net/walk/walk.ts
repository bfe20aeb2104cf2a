import { AsyncUdp, openAsyncUdp } from '@echo-daytime/linux';
import { type Clock, onDeadline } from '../../sampling/clock.ts';
import { isUdp } from '../../targets/protocol.ts';
import { hostPort } from '../../targets/target.ts';
import type { Failed } from '../each-address.ts';
import { dialFailure, type FlowFailure, flowFailure, markAsOwn } from '../failure.ts';
import { type Answer, type Hop, HopTally } from './hop.ts';
import { hopsOf } from './notes.ts';
import type { ProbeEvents, Probes, WalkedFlow } from './probes.ts';
import { TcpProbes } from './tcp-probes.ts';
import { UdpProbes } from './udp-probes.ts';

/** Between two datagrams that are under way together. Milliseconds. */
const PACE_MS = 5;
/**
 * Between the first datagrams of two rounds: a router has time to send its ICMP messages, of which Linux sends six at
 * once and then one a second, net.ipv4.icmp_ratelimit. Milliseconds.
 */
const ROUND_MS = 250;
/** One probe at a time waits for a few round trips of those before it. Milliseconds. */
const MIN_WAIT_MS = 100;
const ROUND_TRIPS = 3;
/**
 * How long the first SYN is waited for at least: Linux sends it again after a second, and only then shows that a firewall
 * of this host drops it. Milliseconds.
 */
const SECOND_SYN_MS = 1_200;
/** A walk by one probe at a time begins nothing more after this time. Milliseconds. */
const MAX_SERIAL_MS = 3_000;
/** The same for its first round where there was no other: a way of many and long hops is still found. Milliseconds. */
const MAX_FIRST_ROUND_MS = 10_000;

export interface WalkOptions extends WalkedFlow {
  readonly maxHops: number;
  /** Probes for each hop. */
  readonly count: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** An abort ends the walk with the hops so far. */
  readonly signal: AbortSignal;
}

export interface Walk {
  readonly sourcePort: number;
  /** From the first on, without gaps, up to the target or what stopped the way to it, or as far as was tried. */
  readonly hops: readonly Hop[];
  /** `target`: the last hop is the target's answer. `stopped`: the last hop says that it sends nothing on. */
  readonly end: 'target' | 'stopped' | 'silent';
}

/** Why this system can't walk; undefined where it can. */
export async function walkProblem(): Promise<string | undefined> {
  const udp = await openAsyncUdp();
  return udp instanceof AsyncUdp ? undefined : udp.reason;
}

/** Finds the hops of exactly one 5-tuple. */
export async function walk(options: WalkOptions): Promise<Walk | Failed> {
  const udp = await openAsyncUdp();
  if (!(udp instanceof AsyncUdp))
    return { failure: flowFailure('local', `no hop can be found here: ${udp.reason}`) };
  const failed = (error: NodeJS.ErrnoException): Failed => ({ failure: failureOf(error, options) });
  try {
    const walking = new Walking(udp, options);
    try {
      await walking.run();
      const { error, result } = walking;
      return error === undefined ? result : failed(error);
    } finally {
      walking.close();
    }
  } catch (error) {
    return failed(error as NodeJS.ErrnoException);
  }
}

/** Why this host can't send. */
function failureOf(
  error: NodeJS.ErrnoException,
  { address, port, protocol, sourcePort }: WalkOptions,
): FlowFailure {
  const remote = hostPort(address.address, port);
  const { code = '', syscall } = error;
  // A 5-tuple of TCP has one connection at a time.
  const isTaken = code === 'EADDRINUSE' || (code === 'EADDRNOTAVAIL' && sourcePort !== 0 && !isUdp(protocol));
  if (isTaken || (syscall === 'bind' && code === 'EACCES')) {
    const why = isTaken ? 'another socket of this host has it' : 'it needs a privilege';
    return flowFailure('local', `source port ${sourcePort} can't be used for ${remote}: ${why} (${code})`);
  }
  markAsOwn(error);
  return dialFailure(error, remote, address.family);
}

class Walking implements ProbeEvents {
  readonly #options: WalkOptions;
  readonly #probes: Probes;
  readonly #tallies: readonly HopTally[];
  /** The last hop: the first that is the target's, or that sends nothing on. */
  #last: number;
  #end: Walk['end'] = 'silent';
  #unattributed = 0;
  #error: NodeJS.ErrnoException | undefined;
  #changed = (): void => {};

  constructor(udp: AsyncUdp, options: WalkOptions) {
    const { clock, maxHops, protocol } = options;
    this.#options = options;
    this.#tallies = Array.from({ length: maxHops }, (_, index) => new HopTally(index + 1));
    this.#last = maxHops;
    this.#probes = isUdp(protocol)
      ? new UdpProbes(udp, options, clock, this)
      : new TcpProbes(udp, options, clock, this);
  }

  /** Of this host, where nothing was answered. */
  get error(): NodeJS.ErrnoException | undefined {
    return this.#tallies.some(({ answers }) => answers.length > 0) ? undefined : this.#error;
  }

  get result(): Walk {
    const tried = this.#within.filter(({ sent }) => sent > 0);
    return { sourcePort: this.#probes.sourcePort, hops: hopsOf(tried, this.#options), end: this.#end };
  }

  get #within(): readonly HopTally[] {
    return this.#tallies.slice(0, this.#last);
  }

  async run(): Promise<void> {
    if (this.#probes.areTold) await this.#walkTogether();
    if (this.#probes.areTold && this.#unattributed === 0) return;
    await this.#walkOneByOne();
  }

  close(): void {
    this.#probes.close();
  }

  answered(ttl: number, answer: Answer): void {
    this.#tallies[ttl - 1]?.answers.push(answer);
    if (answer.kind !== 'expired' && (ttl < this.#last || this.#end === 'silent')) {
      this.#last = ttl;
      this.#end = answer.kind;
    }
    this.#changed();
  }

  unattributed(): void {
    this.#unattributed += 1;
    this.#changed();
  }

  failed(error: NodeJS.ErrnoException): void {
    this.#error ??= error;
    this.#changed();
  }

  /** All hops in each round, many probes under way together. */
  async #walkTogether(): Promise<void> {
    const { clock, count, timeoutMs } = this.#options;
    const isComplete = (): boolean =>
      this.#within.reduce((sum, { lost }) => sum + lost, 0) <= this.#unattributed;
    for (let round = 0; round < count; round += 1) {
      const startMs = clock.now();
      for (let ttl = 1; ttl <= this.#last && !this.#isOver; ttl += 1) {
        this.#send(ttl, false);
        await this.#until(clock.now() + PACE_MS);
      }
      const isLast = round === count - 1;
      await this.#until(
        isLast ? clock.now() + timeoutMs : startMs + ROUND_MS,
        isLast ? isComplete : undefined,
      );
    }
  }

  /** Round by round, one probe under way: those of hops that are not known yet, or all where no answer is told from another. */
  async #walkOneByOne(): Promise<void> {
    const { clock, count } = this.#options;
    const startMs = clock.now();
    const { areTold } = this.#probes;
    for (let round = 0; round < count; round += 1) {
      const untilMs = startMs + (round === 0 && !areTold ? MAX_FIRST_ROUND_MS : MAX_SERIAL_MS);
      for (let ttl = 1; ttl <= this.#last; ttl += 1) {
        const tally = this.#tallies[ttl - 1]!;
        if (areTold && tally.answers.length > 0) continue;
        if (this.#isOver || clock.now() >= untilMs) return;
        const before = tally.answers.length;
        // An answer to one of those that were under way together may have come and not have told to which.
        if (areTold && round === 0) tally.sent = 0;
        this.#send(ttl, true);
        await this.#until(clock.now() + this.#waitMs, () => tally.answers.length > before);
        const { ownError } = this.#probes;
        if (ownError !== undefined) this.failed(ownError);
      }
    }
  }

  /** How long a single probe waits. */
  get #waitMs(): number {
    const { protocol, timeoutMs } = this.#options;
    const known = this.#tallies.flatMap(({ answers }) => answers.map(({ rttMs }) => rttMs));
    const isFirst = !isUdp(protocol) && this.#tallies.reduce((sum, { sent }) => sum + sent, 0) === 1;
    if (known.length === 0) return isFirst ? Math.max(timeoutMs, SECOND_SYN_MS) : timeoutMs;
    return Math.min(timeoutMs, Math.max(MIN_WAIT_MS, ROUND_TRIPS * Math.max(...known)));
  }

  get #isOver(): boolean {
    return this.#options.signal.aborted || this.error !== undefined;
  }

  #send(ttl: number, isAlone: boolean): void {
    this.#tallies[ttl - 1]!.sent += 1;
    this.#probes.send(ttl, isAlone);
  }

  /** Waits for a time of the clock, or for a condition, or an abort. */
  async #until(deadlineMs: number, isDone = (): boolean => false): Promise<void> {
    const { clock, signal } = this.#options;
    const isOver = (): boolean => this.#isOver || isDone();
    if (isOver()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = onDeadline(clock, deadlineMs, resolve);
    this.#changed = () => {
      if (isOver()) resolve();
    };
    signal.addEventListener('abort', this.#changed);
    await promise;
    cancel();
    signal.removeEventListener('abort', this.#changed);
  }
}
