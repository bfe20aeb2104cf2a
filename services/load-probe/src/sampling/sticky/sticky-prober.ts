import type { IpAddress } from '@echo-daytime/addresses';
import type { AddressMemory } from '../../net/address-memory.ts';
import { addressesOf, connectTarget } from '../../net/connect-target.ts';
import { type AddressAttempt, eachAddress, type FailedAddress, hasFailed } from '../../net/each-address.ts';
import { verdictOf } from '../../net/flow-failure.ts';
import { openUdp, udpSilence } from '../../net/open-udp.ts';
import { isUdp, type LastingProtocol } from '../../targets/protocol.ts';
import { hostPort, type Target } from '../../targets/target.ts';
import type { Clock } from '../clock.ts';
import { type Attempt, type FlowEvents, LATE_GRACE_MS, type PhaseTimes, type Reading } from '../sample.ts';
import { type FailedVerdict, failureOf, type SampleFailure } from '../verdict.ts';
import { conversationOf } from './conversation-of.ts';
import { SILENCE_MS, StickyFlow } from './sticky-flow.ts';
import { TcpTransport } from './tcp-transport.ts';
import type { Transport } from './transport.ts';
import { UdpTransport } from './udp-transport.ts';

export interface StickyProberOptions {
  readonly target: Target & { readonly protocol: LastingProtocol };
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly events: FlowEvents;
  readonly memory: AddressMemory;
  /** See SILENCE_MS, which it is unless a test has no time for that. */
  readonly silenceMs?: number;
}

/** A flow to ask, and what the sample that opened it has to tell of that. */
interface Opened {
  readonly flow: StickyFlow;
  /** Addresses that were tried before the one that works. */
  readonly failed?: readonly FailedAddress[];
  /** The sample's own exchange, where it took one to see which address works. */
  readonly reading?: Reading;
}

type FlowAndReading = Required<Pick<Opened, 'flow' | 'reading'>>;

/** What came of opening a flow, and the sample that did it. */
type Opening = (Opened | { readonly verdict: FailedVerdict }) & { readonly opener: Attempt };

type State =
  | { readonly name: 'closed' }
  | { readonly name: 'opening'; readonly opening: Promise<Opening> }
  | { readonly name: 'open'; readonly flow: StickyFlow };

/** Takes all samples of a target over one flow, which is opened anew, name lookup and all, when it has died. */
export class StickyProber {
  readonly #options: StickyProberOptions;
  readonly #silenceMs: number;
  #state: State = { name: 'closed' };

  constructor(options: StickyProberOptions) {
    this.#options = options;
    const { timeoutMs } = options.target;
    this.#silenceMs = Math.max(options.silenceMs ?? SILENCE_MS, timeoutMs + LATE_GRACE_MS);
    options.signal.addEventListener('abort', this.#abort);
  }

  /** @throws the signal's reason when aborted */
  async probe(attempt: Attempt): Promise<Reading> {
    const phases: PhaseTimes = {};
    const opened = await this.#opened(attempt, phases);
    attempt.signal.throwIfAborted();
    if ('verdict' in opened) return { verdict: opened.verdict, endMs: this.#options.clock.now(), phases };
    const { failed, flow, reading = await flow.ask(attempt, phases) } = opened;
    return failed ? { ...reading, failed } : reading;
  }

  close(): void {
    this.#options.signal.removeEventListener('abort', this.#abort);
    if (this.#state.name === 'open') this.#state.flow.abort(new Error('the prober was closed'));
    this.#state = { name: 'closed' };
  }

  readonly #abort = (): void => {
    if (this.#state.name === 'open') this.#state.flow.abort(this.#options.signal.reason);
  };

  /** The open flow; samples that come due while it is being opened wait for that together. */
  async #opened(attempt: Attempt, phases: PhaseTimes): Promise<Opened | { readonly verdict: FailedVerdict }> {
    for (;;) {
      if (this.#state.name === 'open') return { flow: this.#state.flow };
      if (this.#state.name === 'closed') {
        this.#state = { name: 'opening', opening: this.#open(attempt, phases) };
      }
      const { opener, ...opened } = await this.#state.opening;
      if (opener === attempt) return opened;
      if ('flow' in opened) return { flow: opened.flow };
      // The opener's time was over; this sample, due later, has some left.
      const now = this.#options.clock.now();
      if (now < opener.deadlineMs || now >= attempt.deadlineMs) return opened;
    }
  }

  async #open(attempt: Attempt, phases: PhaseTimes): Promise<Opening> {
    let state: State = { name: 'closed' };
    try {
      const opened = isUdp(attempt.target.protocol)
        ? await this.#bind(attempt, phases)
        : await this.#connect(attempt, phases);
      if ('flow' in opened) state = { name: 'open', flow: opened.flow };
      return { ...opened, opener: attempt };
    } finally {
      this.#state = state;
    }
  }

  async #connect(
    attempt: Attempt,
    phases: PhaseTimes,
  ): Promise<Opened | { readonly verdict: FailedVerdict }> {
    const connected = await connectTarget(attempt, phases);
    if (!connected.socket) return connected;
    const { failed, peer, socket } = connected;
    return { failed, flow: this.#flowOver(new TcpTransport(socket, peer), attempt) };
  }

  async #bind(attempt: Attempt, phases: PhaseTimes): Promise<Opened | { readonly verdict: FailedVerdict }> {
    const { clock, memory, signal } = this.#options;
    const addresses = await addressesOf(attempt, phases);
    if ('verdict' in addresses) return addresses;
    const [first, second] = addresses;
    if (first && !second) {
      const flow = await this.#flowTo(first, attempt);
      return 'verdict' in flow ? flow : { flow };
    }
    const isFirstKnown = memory.isAnswering(first?.address);
    const limits = { clock, deadlineMs: attempt.deadlineMs, signal, isFirstKnown };
    const way = this.#firstExchange(attempt, phases);
    const { opened, failed, failure } = await eachAddress(addresses, way, limits);
    if (failure) return { verdict: { outcome: failure.outcome, detail: failure.words } };
    for (const { address } of failed) memory.silent(address.address);
    return { ...opened, failed };
  }

  /** A UDP socket shows nothing of the way: which address works, the first exchange tells. */
  #firstExchange(attempt: Attempt, phases: PhaseTimes): AddressAttempt<FlowAndReading, SampleFailure> {
    return {
      open: async (address, wanted) => {
        const flow = await this.#flowTo(address, attempt);
        if ('verdict' in flow) return { failure: failureOf(flow.verdict) };
        const abort = (): void => flow.abort(wanted.reason);
        wanted.addEventListener('abort', abort);
        if (wanted.aborted) abort();
        const reading = await flow.ask(attempt, { ...phases });
        wanted.removeEventListener('abort', abort);
        if (flow.hasLived) return { flow, reading };
        flow.abort(undefined);
        return { failure: failureOf(reading.verdict) };
      },
      discard: ({ flow }) => flow.abort(undefined),
      silence: ({ address }, waitedMs) => udpSilence(hostPort(address, attempt.target.port), waitedMs),
    };
  }

  async #flowTo(
    address: IpAddress,
    attempt: Attempt,
  ): Promise<StickyFlow | { readonly verdict: FailedVerdict }> {
    const { memory, target } = this.#options;
    const opened = await openUdp(address, target.port);
    if (hasFailed(opened)) return { verdict: verdictOf(opened.failure) };
    return this.#flowOver(new UdpTransport(opened.socket, opened.peer, address.address, memory), attempt);
  }

  #flowOver(transport: Transport, attempt: Attempt): StickyFlow {
    const { clock, events, target } = this.#options;
    const flow: StickyFlow = new StickyFlow({
      clock,
      transport,
      conversation: conversationOf[target.protocol](attempt),
      silenceMs: this.#silenceMs,
      duplicate: () => events.duplicate(),
      ended: ({ cause, ageMs, hasLived }) => {
        if (this.#state.name === 'open' && this.#state.flow === flow) this.#state = { name: 'closed' };
        if (hasLived) events.died({ at: clock.epoch(), ageMs, cause });
      },
    });
    return flow;
  }
}
