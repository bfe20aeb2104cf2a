import type { Clock } from '../clock.ts';
import { connectTarget } from '../connect-target.ts';
import type { Outcome } from '../outcome.ts';
import { isUdp, type LastingProtocol } from '../protocol.ts';
import { type Address, resolveTarget } from '../resolve.ts';
import { type Attempt, type FlowEvents, LATE_GRACE_MS, type PhaseTimes, type Reading } from '../sample.ts';
import type { Target } from '../target.ts';
import type { Verdict } from '../verdict.ts';
import { conversationOf } from './conversation-of.ts';
import { SILENCE_MS, StickyFlow } from './sticky-flow.ts';
import { TcpTransport } from './tcp-transport.ts';
import type { Transport } from './transport.ts';
import { openUdpTransport } from './udp-transport.ts';

export interface StickyProberOptions {
  readonly target: Target & { readonly protocol: LastingProtocol };
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly events: FlowEvents;
  /** See SILENCE_MS, which it is unless a test has no time for that. */
  readonly silenceMs?: number;
}

/** What came of opening a flow, and the sample that did it. */
type Opened =
  | { readonly flow: StickyFlow; readonly opener: Attempt }
  | { readonly verdict: Verdict; readonly opener: Attempt };

type State =
  | { readonly name: 'closed' }
  | { readonly name: 'opening'; readonly opened: Promise<Opened> }
  | { readonly name: 'open'; readonly flow: StickyFlow };

/** Takes all samples of a target over one flow, which is opened anew, name lookup and all, when it has died. */
export class StickyProber {
  readonly #options: StickyProberOptions;
  readonly #silenceMs: number;
  /** UDP: the name's other addresses, tried when one refuses before it ever answered. */
  #untried: Address[] = [];
  #state: State = { name: 'closed' };

  constructor(options: StickyProberOptions) {
    this.#options = options;
    const { timeoutMs } = options.target;
    this.#silenceMs = Math.max(options.silenceMs ?? SILENCE_MS, timeoutMs + LATE_GRACE_MS);
    options.signal.addEventListener('abort', this.#abort);
  }

  /** @throws the signal's reason when aborted */
  async probe(attempt: Attempt): Promise<Reading> {
    const { clock } = this.#options;
    const phases: PhaseTimes = {};
    const refusals: string[] = [];
    let outcome: Exclude<Outcome, 'ok'> | undefined;
    for (;;) {
      const flow = this.#state.name === 'open' ? this.#state.flow : await this.#opened(attempt, phases);
      attempt.signal.throwIfAborted();
      if ('verdict' in flow) return { verdict: flow.verdict, endMs: clock.now(), phases };
      const reading = await flow.ask(attempt, phases);
      const { verdict } = reading;
      if (flow.hasLived || (verdict.outcome !== 'refused' && verdict.outcome !== 'unreachable'))
        return reading;
      outcome ??= verdict.outcome;
      refusals.push(verdict.detail);
      const isTried = this.#untried.length === 0 && this.#state.name === 'closed';
      if (isTried) return { ...reading, verdict: { outcome, detail: refusals.join('; ') } };
    }
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
  async #opened(attempt: Attempt, phases: PhaseTimes): Promise<StickyFlow | { readonly verdict: Verdict }> {
    for (;;) {
      if (this.#state.name === 'open') return this.#state.flow;
      if (this.#state.name === 'closed') {
        this.#state = { name: 'opening', opened: this.#open(attempt, phases) };
      }
      const opened = await this.#state.opened;
      if ('flow' in opened) return opened.flow;
      const { opener, verdict } = opened;
      // The opener's time was over; this sample, due later, has some left.
      const now = this.#options.clock.now();
      const isOver = opener === attempt || now < opener.deadlineMs || now >= attempt.deadlineMs;
      if (isOver) return { verdict };
    }
  }

  async #open(attempt: Attempt, phases: PhaseTimes): Promise<Opened> {
    let state: State = { name: 'closed' };
    try {
      const transport = isUdp(attempt.target.protocol)
        ? await this.#bind(attempt, phases)
        : await this.#connect(attempt, phases);
      if ('verdict' in transport) return { ...transport, opener: attempt };
      const flow = this.#flowOver(transport, attempt);
      state = { name: 'open', flow };
      return { flow, opener: attempt };
    } finally {
      this.#state = state;
    }
  }

  async #connect(attempt: Attempt, phases: PhaseTimes): Promise<Transport | { readonly verdict: Verdict }> {
    const dialled = await connectTarget(attempt, phases);
    return dialled.socket ? new TcpTransport(dialled.socket, dialled.peer) : dialled;
  }

  async #bind(attempt: Attempt, phases: PhaseTimes): Promise<Transport | { readonly verdict: Verdict }> {
    if (this.#untried.length === 0) {
      const resolved = await resolveTarget(attempt);
      if ('verdict' in resolved) return resolved;
      if (resolved.dnsMs !== undefined) phases.dns = resolved.dnsMs;
      this.#untried = [...resolved.addresses];
    }
    const failures: Exclude<Verdict, { outcome: 'ok' }>[] = [];
    for (let address = this.#untried.shift(); address; address = this.#untried.shift()) {
      const opened = await openUdpTransport(address, attempt.target.port);
      if (!('verdict' in opened)) return opened;
      if (opened.verdict.outcome !== 'ok') failures.push(opened.verdict);
    }
    const detail = failures.map((failure) => failure.detail).join('; ');
    return { verdict: { outcome: failures[0]?.outcome ?? 'dns', detail } };
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
        // The addresses that are left were found for this flow; one that lived may mean that they are out of date.
        if (hasLived) this.#untried = [];
        if (hasLived) events.died({ at: clock.epoch(), ageMs, cause });
      },
    });
    return flow;
  }
}
