import type { IpAddress } from '@echo-daytime/addresses';
import type { AddressMemory } from '../../net/address-memory.ts';
import { type AddressAttempt, type Failed, type FailedAddress, hasFailed } from '../../net/each-address.ts';
import { markOf } from '../../net/mark.ts';
import { dialTarget, openTarget } from '../../net/open-target.ts';
import { udpSilence } from '../../net/open-udp.ts';
import { defaultDialog } from '../../payload/dialog.ts';
import { isUdp, type MultiExchangeProtocol } from '../../targets/protocol.ts';
import type { Target } from '../../targets/target.ts';
import type { Clock } from '../clock.ts';
import type { FailedResult } from '../outcome.ts';
import {
  type Attempt,
  type FlowEvents,
  LATE_GRACE_MS,
  MAX_ASKED_MS,
  type PhaseTimes,
  type Reading,
  type ToldConnection,
} from '../sample.ts';
import { synOfConnection } from '../syn-of-connection.ts';
import type { Conversation } from './conversation.ts';
import { DaytimeConversation } from './daytime-conversation.ts';
import { DialogConversation } from './dialog-conversation.ts';
import { EchoConversation } from './echo-conversation.ts';
import { SessionConversation } from './session-conversation.ts';
import { StampConversation } from './stamp-conversation.ts';
import { SILENCE_MS, StickyFlow } from './sticky-flow.ts';
import { TcpTransport } from './tcp-transport.ts';
import type { Transport } from './transport.ts';
import { UdpTransport } from './udp-transport.ts';

type OpenConversation = (attempt: Attempt, events: FlowEvents, transport: Transport) => Conversation;

/** By protocol: the conversation of a new flow, made by the first sample that uses it. */
const conversationOf: Readonly<Record<MultiExchangeProtocol, OpenConversation>> = {
  'echo-tcp': (attempt) => new EchoConversation(attempt),
  'echo-udp': (attempt) => new EchoConversation(attempt),
  'daytime-udp': () => new DaytimeConversation(),
  'stamp-udp': (attempt, events) => new StampConversation(attempt, events),
  'session-tcp': ({ target }, _, { tcp }) =>
    new SessionConversation(target.syn && tcp ? synOfConnection(tcp) : undefined),
  'dialog-tcp': ({ target }) => new DialogConversation(target.dialog ?? defaultDialog),
};

/** In place of the sequence number of a sample. */
const NO_SAMPLE = -1;

export interface StickyProberOptions {
  readonly target: Target & { readonly protocol: MultiExchangeProtocol };
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly events: FlowEvents;
  readonly memory: AddressMemory;
  /** SILENCE_MS by default; shorter in tests. */
  readonly silenceMs?: number;
}

/** An open flow, with the reading of the sample that opened it. */
interface Opened {
  readonly flow: StickyFlow;
  /** Addresses that were tried before the one that works. */
  readonly failed?: readonly FailedAddress[];
  /** The result of the sample, where its exchange was needed to find the address that works. */
  readonly reading?: Reading;
}

/** The result of opening a flow, and the sample that opened it. */
type Opening = (Opened | Failed<FailedResult>) & { readonly opener: Attempt };

type State =
  | { readonly name: 'closed' }
  | { readonly name: 'opening'; readonly opening: Promise<Opening> }
  | { readonly name: 'open'; readonly flow: StickyFlow };

/** Takes all samples of a target over one flow. A dead flow is opened anew, with a new name lookup. */
export class StickyProber {
  readonly #options: StickyProberOptions;
  readonly #silenceMs: number;
  #state: State = { name: 'closed' };
  /** The last flow whose SYN was asked for. */
  #askedFlow: StickyFlow | undefined;

  constructor(options: StickyProberOptions) {
    this.#options = options;
    const { timeoutMs } = options.target;
    this.#silenceMs = Math.max(options.silenceMs ?? SILENCE_MS, timeoutMs + LATE_GRACE_MS);
    options.signal.addEventListener('abort', this.#abort);
  }

  /** @throws the signal's reason when aborted */
  async probe(attempt: Attempt): Promise<Reading> {
    const phases: PhaseTimes = {};
    const opened: Opened | Failed<FailedResult> =
      this.#state.name === 'open' ? this.#state : await this.#opened(attempt, phases);
    attempt.signal.throwIfAborted();
    if (hasFailed(opened)) return { result: opened.failure, endMs: this.#options.clock.now(), phases };
    const { failed, flow, reading = await flow.ask(attempt, phases) } = opened;
    const told = reading.result.outcome === 'ok' ? this.#askSyn(flow, attempt) : undefined;
    return failed || told ? { ...reading, ...(failed && { failed }), ...(told && { told }) } : reading;
  }

  /** Asks once for the SYN of a flow, after its first good sample: so no sample waits for it. */
  #askSyn(flow: StickyFlow, { target, ...attempt }: Attempt): Promise<ToldConnection> | undefined {
    const isOpen = this.#state.name === 'open' && this.#state.flow === flow;
    if (!target.syn || !isOpen || this.#askedFlow === flow) return undefined;
    this.#askedFlow = flow;
    const startMs = this.#options.clock.now();
    const asking = {
      target,
      ...attempt,
      asks: 'syn',
      sequence: NO_SAMPLE,
      startMs,
      deadlineMs: startMs + MAX_ASKED_MS,
    } as const;
    return flow.ask(asking, {}).then(
      ({ result, told }) => told ?? { syn: { unknown: result.outcome === 'ok' ? '' : result.detail } },
      // The probe was stopped.
      () => ({}),
    );
  }

  close(): void {
    this.#options.signal.removeEventListener('abort', this.#abort);
    if (this.#state.name === 'open') this.#state.flow.abort(new Error('the prober was closed'));
    this.#state = { name: 'closed' };
  }

  readonly #abort = (): void => {
    if (this.#state.name === 'open') this.#state.flow.abort(this.#options.signal.reason);
  };

  /** The open flow. Samples that become due while it is being opened all wait for it. */
  async #opened(attempt: Attempt, phases: PhaseTimes): Promise<Opened | Failed<FailedResult>> {
    for (;;) {
      if (this.#state.name === 'open') return { flow: this.#state.flow };
      if (this.#state.name === 'closed') {
        this.#state = { name: 'opening', opening: this.#open(attempt, phases) };
      }
      const { opener, ...opened } = await this.#state.opening;
      if (opener === attempt) return opened;
      if ('flow' in opened) return { flow: opened.flow };
      // The sample that opened the flow has timed out. This sample is due later and tries again.
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

  async #connect(attempt: Attempt, phases: PhaseTimes): Promise<Opened | Failed<FailedResult>> {
    const { failed, failure, opened } = await dialTarget(attempt, phases);
    if (failure) return { failure };
    const { remote, socket } = opened;
    return { failed, flow: this.#flowOver(new TcpTransport(socket, remote), attempt) };
  }

  async #bind(attempt: Attempt, phases: PhaseTimes): Promise<Opened | Failed<FailedResult>> {
    const addressAttempt: AddressAttempt<Opened, FailedResult> = {
      port: attempt.target.port,
      open: (address, wanted, isOnly) =>
        isOnly ? this.#flowTo(address, attempt) : this.#firstExchange(address, wanted, attempt, phases),
      discard: ({ flow }) => flow.abort(undefined),
      silence: udpSilence,
    };
    const { memory } = this.#options;
    const { failed, failure, opened } = await openTarget(attempt, phases, addressAttempt, memory);
    return failure ? { failure } : { ...opened, failed };
  }

  /** A UDP connect proves nothing about the path: only the first exchange shows which address works. */
  async #firstExchange(
    address: IpAddress,
    wanted: AbortSignal,
    attempt: Attempt,
    phases: PhaseTimes,
  ): Promise<Opened | Failed<FailedResult>> {
    const opened = await this.#flowTo(address, attempt);
    if (hasFailed(opened)) return opened;
    const { flow } = opened;
    const abort = (): void => flow.abort(wanted.reason);
    wanted.addEventListener('abort', abort);
    if (wanted.aborted) abort();
    const reading = await flow.ask(attempt, { ...phases });
    wanted.removeEventListener('abort', abort);
    if (flow.hasLived) return { flow, reading };
    flow.abort(undefined);
    if (reading.result.outcome === 'ok') throw new Error('a flow without a reply has no good sample');
    return { failure: reading.result };
  }

  async #flowTo(address: IpAddress, attempt: Attempt): Promise<Opened | Failed> {
    const { memory, target } = this.#options;
    const opened = await attempt.udp.open(address, target.port, { timestamps: true, ...markOf(target) });
    if (hasFailed(opened)) return opened;
    const { remote, socket } = opened;
    return { flow: this.#flowOver(new UdpTransport(socket, remote, address.address, memory), attempt) };
  }

  #flowOver(transport: Transport, attempt: Attempt): StickyFlow {
    const { clock, events, target } = this.#options;
    const flow: StickyFlow = new StickyFlow({
      clock,
      transport,
      conversation: conversationOf[target.protocol](attempt, events, transport),
      silenceMs: this.#silenceMs,
      remembered: 1 + Math.ceil(this.#silenceMs / target.intervalMs),
      duplicate: () => events.duplicate(),
      ended: ({ cause, ageMs, hasLived }) => {
        if (this.#state.name === 'open' && this.#state.flow === flow) this.#state = { name: 'closed' };
        if (hasLived) events.died({ at: clock.epoch(), ageMs, cause });
      },
    });
    return flow;
  }
}
