import type { DatagramFacts } from '../../net/udp-socket.ts';
import { arrivalOf } from '../../net/wire-time.ts';
import { type Clock, onDeadline } from '../clock.ts';
import type { FailedResult, SampleResult } from '../outcome.ts';
import { QuietGap } from '../quiet-gap.ts';
import { type Attempt, LATE_GRACE_MS, type PhaseTimes, type Reading } from '../sample.ts';
import type { Conversation } from './conversation.ts';
import { type Exchange, release, wasAsked } from './exchange.ts';
import { Exchanges } from './exchanges.ts';
import { finResult, silenceResult, unansweredResult, unsentResult } from './failures.ts';
import type { FlowEnd, Transport, TransportEnd } from './transport.ts';

/**
 * A flow without a reply for this long after a request is dead. With a shorter time, a flow that fails because of a
 * stale NAT or conntrack entry would be replaced before the failure shows.
 */
export const SILENCE_MS = 30_000;

export interface StickyFlowOptions {
  readonly clock: Clock;
  readonly transport: Transport;
  readonly conversation: Conversation;
  readonly silenceMs: number;
  /** How many samples back a further reply is a duplicate. */
  readonly remembered: number;
  duplicate(): void;
  ended(end: FlowEnd): void;
}

/** A sticky flow from its opening to its end: sends the requests of samples and matches the replies to them. */
export class StickyFlow {
  readonly #options: StickyFlowOptions;
  readonly #exchanges: Exchanges;
  readonly #openedMs: number;
  #chunks: Buffer[] = [];
  /** When the first byte of the unfinished reply came. */
  #firstByteMs = 0;
  /** When the first request after the last received byte was sent. */
  #unansweredSinceMs: number | undefined;
  readonly #gap: QuietGap;
  /** True after a reply without an end mark: two such replies can't be told apart, so one request is sent at a time. */
  #isOneAtATime = false;
  #lastAnswered = -1;
  #hasLived: boolean;
  #state: 'open' | 'ended' = 'open';

  constructor(options: StickyFlowOptions) {
    this.#options = options;
    this.#openedMs = options.clock.now();
    this.#gap = new QuietGap(options.clock);
    this.#exchanges = new Exchanges(options.remembered);
    this.#hasLived = options.transport.kind === 'stream';
    options.transport.attach({
      received: (bytes, facts) => this.#received(bytes, facts),
      reported: (result, quoted) => this.#reported(result, quoted),
      ready: () => this.#sendHeld(),
      ended: (end) => this.#end(end),
    });
  }

  /** Received bytes of the unfinished reply. */
  get #receivedBytes(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0);
  }

  get hasLived(): boolean {
    return this.#hasLived;
  }

  /** @param phases of opening the flow, where this sample opened it */
  ask(attempt: Attempt, phases: PhaseTimes): Promise<Reading> {
    const { promise, resolve, reject } = Promise.withResolvers<Reading>();
    const { conversation, transport } = this.#options;
    const exchange: Exchange = {
      attempt,
      // A sample that is older than the flow has waited for its SYN.
      retransmitsBefore: attempt.startMs <= this.#openedMs ? 0 : (transport.tcp?.retransmits ?? 0),
      phases,
      settle: resolve,
      abort: reject,
      request: conversation.request(attempt),
      state: 'waiting',
      sent: false,
      sentMs: Number.NaN,
      sentAt: 0,
      datagram: undefined,
      endedMs: 0,
      gapsMs: 0,
      unendedBytes: 0,
      refusal: undefined,
      cancelDeadline: onDeadline(this.#options.clock, attempt.deadlineMs, () => this.#timedOut(exchange)),
    };
    // After this time the flow would have been declared dead.
    this.#exchanges.forgetGivenUp(this.#options.clock.now() - this.#options.silenceMs);
    this.#exchanges.add(exchange);
    this.#send(exchange);
    return promise;
  }

  /** Closes the flow; the waiting samples reject with the reason. */
  abort(reason: unknown): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#gap.stop();
    this.#options.transport.close();
    for (const exchange of this.#exchanges.values()) {
      exchange.cancelDeadline();
      exchange.abort(reason);
    }
  }

  #send(exchange: Exchange): void {
    const { clock, transport } = this.#options;
    // While the send buffer is full a request would only wait in this process. It is sent when there is room.
    if (!transport.isReady || this.#mustWait()) return;
    exchange.sentMs = clock.now();
    exchange.sentAt = clock.epoch();
    this.#unansweredSinceMs ??= exchange.sentMs;
    exchange.datagram = transport.send(exchange.request, () => {
      exchange.sent = true;
    });
  }

  #mustWait(): boolean {
    return this.#gap.isAwaited || (this.#isOneAtATime && this.#exchanges.firstWaiting !== undefined);
  }

  #sendHeld(): void {
    for (const exchange of this.#exchanges.values()) {
      if (exchange.state !== 'waiting' || wasAsked(exchange)) continue;
      // Earlier replies may have shown which formats the server has.
      if (this.#isOneAtATime) exchange.request = this.#options.conversation.request(exchange.attempt);
      this.#send(exchange);
    }
  }

  #received(bytes: Buffer, facts?: DatagramFacts): void {
    const nowMs = this.#options.clock.now();
    this.#hasLived = true;
    this.#unansweredSinceMs = undefined;
    if (this.#options.transport.kind === 'datagrams') {
      this.#answer(bytes, nowMs, nowMs, facts);
      return;
    }
    const wasAwaited = this.#gap.stop();
    if (this.#chunks.length === 0) this.#firstByteMs = nowMs;
    this.#chunks.push(bytes);
    if (this.#receivedBytes < this.#options.conversation.leastAnswerBytes) return;
    let rest = Buffer.concat(this.#chunks);
    for (;;) {
      const length = rest.length === 0 ? undefined : this.#options.conversation.frame(rest, this.#exchanges);
      if (length === undefined || this.#state === 'ended') break;
      this.#answer(rest.subarray(0, length), this.#firstByteMs, nowMs);
      rest = rest.subarray(length);
      this.#firstByteMs = nowMs;
    }
    this.#chunks = rest.length === 0 ? [] : [rest];
    if (rest.length > 0 && this.#options.conversation.endsByGap) this.#awaitGap(rest, nowMs);
    else if (wasAwaited || this.#isOneAtATime) this.#sendHeld();
  }

  /** Fails the sample whose datagram an ICMP message quotes; none where the quote does not identify it. */
  #reported(result: FailedResult, quoted: Buffer): void {
    const exchanges = this.#exchanges;
    const exchange = this.#options.conversation.senderOf?.(quoted, exchanges) ?? exchanges.onlyWaiting;
    if (exchange?.state !== 'waiting') return;
    this.#settle(exchange, result, 'given_up');
    this.#checkSilence();
  }

  /** @param lastByteMs when the last byte of the possible reply came */
  #awaitGap(answer: Buffer, lastByteMs: number): void {
    if (this.#state === 'ended') return;
    const askedMs = this.#exchanges.firstWaiting?.sentMs ?? lastByteMs;
    this.#gap.await(lastByteMs, Math.max(0, this.#firstByteMs - askedMs), () => {
      this.#isOneAtATime = true;
      this.#chunks = [];
      this.#answer(answer, this.#firstByteMs, lastByteMs);
      this.#sendHeld();
    });
  }

  #answer(answer: Buffer, firstByteMs: number, nowMs: number, facts?: DatagramFacts): void {
    const { clock, conversation, duplicate, transport } = this.#options;
    const owner = conversation.owner(answer, this.#exchanges, nowMs);
    if (owner === undefined) return;
    if (owner === 'duplicate') {
      duplicate();
      return;
    }
    if (owner.state === 'given_up') {
      this.#close(owner, 'answered');
      return;
    }
    const judged = conversation.judge(answer, owner, nowMs, facts);
    if (judged.result === 'ask_again') {
      owner.unendedBytes = judged.unendedBytes;
      owner.refusal = judged.refusal;
      // Moved to the end, because its new reply comes after those of the others.
      this.#exchanges.add(owner);
      owner.gapsMs += clock.now() - nowMs;
      owner.sentMs = Number.NaN;
      owner.request = conversation.request(owner.attempt);
      this.#send(owner);
      return;
    }
    const { startMs, deadlineMs, sequence } = owner.attempt;
    // Bytes from before the request are not part of its reply.
    if (firstByteMs >= owner.sentMs) owner.phases.first_byte = firstByteMs - owner.sentMs;
    const endMs = nowMs - owner.gapsMs;
    let { result, ...told } = judged;
    const isCertain = conversation.recognizes || this.#exchanges.size === 1;
    const request = isCertain && result.outcome === 'ok' ? owner.datagram : undefined;
    const { arrivedMs, ...wire } = arrivalOf(request, facts?.receivedAt, owner.sentMs, endMs);
    if (result.outcome === 'ok') {
      owner.phases.total = endMs - startMs;
      this.#lastAnswered = Math.max(this.#lastAnswered, sequence);
      if (arrivedMs > deadlineMs) {
        const afterMs = Math.round(arrivedMs + owner.gapsMs - owner.sentMs);
        const detail = `the answer of ${transport.remote} came ${afterMs} ms after the request`;
        result = { outcome: 'late', detail };
      }
    }
    this.#settle(owner, result, 'answered', { endMs, ...wire, ...told });
  }

  #timedOut(exchange: Exchange): void {
    const { clock, transport } = this.#options;
    const graceEndMs = exchange.attempt.deadlineMs + LATE_GRACE_MS;
    if (!exchange.sent) {
      this.#settle(exchange, unsentResult(exchange, transport), 'given_up');
    } else if (clock.now() < graceEndMs) {
      exchange.cancelDeadline = onDeadline(clock, graceEndMs, () => this.#timedOut(exchange));
      return;
    } else {
      this.#settle(exchange, unansweredResult(exchange, transport, this.#lastAnswered), 'given_up');
    }
    this.#checkSilence();
    if (this.#isOneAtATime) this.#sendHeld();
  }

  #checkSilence(): void {
    const { clock, silenceMs, transport } = this.#options;
    const silentMs = clock.now() - (this.#unansweredSinceMs ?? clock.now());
    if (silentMs < silenceMs) return;
    transport.close();
    this.#end({ cause: 'timeout', result: silenceResult(transport, silentMs) });
  }

  #end({ cause, result }: TransportEnd): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#gap.stop();
    const { clock, ended, transport } = this.#options;
    ended({ cause, ageMs: clock.now() - this.#openedMs, hasLived: this.#hasLived });
    const oldest = this.#exchanges.firstWaiting;
    for (const exchange of this.#exchanges.values()) {
      if (exchange.state !== 'waiting') continue;
      const begunBytes = exchange === oldest ? this.#receivedBytes : 0;
      this.#settle(exchange, result ?? finResult(exchange, transport, begunBytes), 'given_up');
    }
  }

  #settle(
    exchange: Exchange,
    result: SampleResult,
    state: 'given_up' | 'answered',
    more: Partial<Reading> = {},
  ): void {
    exchange.cancelDeadline();
    const { clock, conversation, transport } = this.#options;
    const ended = conversation.endOf?.(exchange);
    const tcp = transport.tcp?.stats(exchange.retransmitsBefore);
    exchange.settle({ result, endMs: clock.now(), phases: exchange.phases, tcp, ended, ...more });
    this.#close(exchange, state);
  }

  #close(exchange: Exchange, state: 'given_up' | 'answered'): void {
    if (state === 'answered') {
      if (this.#options.conversation.recognizes) this.#exchanges.answered(exchange);
      else this.#exchanges.delete(exchange);
      return;
    }
    exchange.state = state;
    exchange.endedMs = this.#options.clock.now();
    release(exchange);
    if (!wasAsked(exchange)) this.#exchanges.delete(exchange);
  }
}
