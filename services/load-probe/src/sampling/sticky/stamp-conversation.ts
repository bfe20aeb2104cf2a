import { randomInt } from 'node:crypto';
import { isReplyTo, requestIdentityOf, requestSequenceOf, sequenceOf } from '@echo-daytime/stamp';
import type { DatagramFacts } from '../../net/udp-socket.ts';
import { encodeStamp, judgeStamp, readStamp } from '../../payload/stamp-packet.ts';
import type { Clock } from '../clock.ts';
import type { Attempt, FlowEvents } from '../sample.ts';
import { toldByReflector } from '../told-by-reflector.ts';
import type { Conversation, JudgedAnswer } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import type { Exchanges } from './exchanges.ts';
import { LossDirections, type RequestEnd } from './loss-direction.ts';

const MAX_SSID = 0xffff;
/**
 * How much later a request may be sent and still be received before another one. Paths in parallel differ by less, and at
 * longer intervals nothing is overtaken.
 */
const REORDERING_MS = 20;

interface SentRequest {
  /** Of the sample. */
  readonly sequence: number;
  readonly identity: Uint8Array;
}

/** A STAMP session: its requests are numbered from 0 on, whatever their samples are. */
export class StampConversation implements Conversation {
  readonly recognizes = true;
  readonly leastAnswerBytes = 0;
  /** Another flow from the same port is another session. */
  readonly #sessionId = randomInt(1, MAX_SSID + 1);
  readonly #directions: LossDirections;
  /** Requests whose exchanges are remembered, by number. */
  readonly #sent = new Map<number, SentRequest>();
  readonly #clock: Clock;
  readonly #events: FlowEvents;
  #next = 0;
  /** Who answered the newest request whose answer tells it. */
  #responder: { readonly number: number; readonly fields: string } | undefined;

  constructor({ clock, target }: Attempt, events: FlowEvents) {
    this.#clock = clock;
    this.#events = events;
    this.#directions = new LossDirections({
      window: 1 + Math.floor(REORDERING_MS / target.intervalMs),
      found: (direction) => events.lossFound?.(direction),
    });
  }

  request({ clock, sequence, target }: Attempt): Buffer {
    const number = this.#next;
    this.#next += 1;
    const { dscp, sizeBytes } = target;
    const header = { sequence: number, sentAt: clock.epoch(), sessionId: this.#sessionId, dscp };
    const request = encodeStamp(header, sizeBytes);
    this.#sent.set(number, { sequence: sequence >>> 0, identity: requestIdentityOf(request) });
    return request;
  }

  frame(received: Buffer): number {
    return received.length;
  }

  senderOf(beginning: Buffer, exchanges: Exchanges): Exchange | undefined {
    return beginning.length < 4 ? undefined : this.#exchangeOf(sequenceOf(beginning), exchanges);
  }

  owner(answer: Buffer, exchanges: Exchanges): Exchange | 'duplicate' | undefined {
    this.#forget(exchanges);
    const number = requestSequenceOf(answer);
    if (number === undefined) return exchanges.firstWaiting;
    const found = this.#exchangeOf(number, exchanges);
    const sent = this.#sent.get(number);
    const isKnown = sent && (found || exchanges.isAnswered(sent.sequence));
    if (!isKnown || !isReplyTo(answer, sent.identity)) {
      if (found?.state === 'waiting') return found;
      // Too old to be remembered, or no reply to anything that was sent.
      return number < this.#next ? undefined : exchanges.firstWaiting;
    }
    const { slot } = readStamp(answer);
    if (slot !== undefined) this.#directions.replied(number, slot);
    return found ?? 'duplicate';
  }

  judge(answer: Buffer, { attempt, request }: Exchange, _nowMs: number, facts?: DatagramFacts): JudgedAnswer {
    const result = judgeStamp(answer, request);
    if (result.outcome !== 'ok') return { result };
    const { told, ...rest } = toldByReflector(answer, attempt.target, facts);
    if ('fields' in told.who) this.#compare(sequenceOf(request), told.who.fields);
    return { result, told, ...rest };
  }

  endOf({ request }: Exchange): (end: RequestEnd) => void {
    const number = sequenceOf(request);
    return (end) => this.#directions.settled(number, end);
  }

  /** An answer to an older request may be from before the change. */
  #compare(number: number, fields: string): void {
    const before = this.#responder;
    if (before && number < before.number) return;
    this.#responder = { number, fields };
    if (before && before.fields !== fields) {
      this.#events.affinityBroken?.({ at: this.#clock.epoch(), from: before.fields, to: fields });
    }
  }

  #exchangeOf(number: number, exchanges: Exchanges): Exchange | undefined {
    const sent = this.#sent.get(number);
    return sent && exchanges.get(sent.sequence);
  }

  /** The oldest come first. */
  #forget(exchanges: Exchanges): void {
    for (const [number, { sequence }] of this.#sent) {
      if (exchanges.get(sequence) || exchanges.isAnswered(sequence)) return;
      this.#sent.delete(number);
    }
  }
}
