import { daytimeRequest, judgeDaytime } from '../../payload/daytime-line.ts';
import type { Conversation, JudgedAnswer } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import type { Exchanges } from './exchanges.ts';

/** A reply is at most a tenth faster than the fastest so far, or by as much as the timing of two threads differs. */
const FASTEST_SHARE = 0.9;
const GRAIN_MS = 1;

/**
 * A daytime line does not identify its request. It is matched to the latest request that can have a reply by now. A
 * match strictly by order would, after one lost reply, shift all later replies by an interval.
 */
export class DaytimeConversation implements Conversation {
  readonly recognizes = false;
  readonly leastAnswerBytes = 1;
  #fastestMs: number | undefined;

  request(): Buffer {
    return daytimeRequest;
  }

  frame(received: Buffer): number {
    return received.length;
  }

  owner(_answer: Buffer, exchanges: Exchanges, nowMs: number): Exchange | 'duplicate' {
    const oldest = exchanges.firstSent;
    if (!oldest || this.#fastestMs === undefined) return oldest ?? 'duplicate';
    const leastMs = Math.min(this.#fastestMs * FASTEST_SHARE, this.#fastestMs - GRAIN_MS);
    const ripe = [...exchanges.values()].filter(({ sentMs }) => nowMs - sentMs >= leastMs);
    return ripe.at(-1) ?? oldest;
  }

  judge(answer: Buffer, { sentMs }: Exchange, nowMs: number): JudgedAnswer {
    this.#fastestMs = Math.min(this.#fastestMs ?? Number.POSITIVE_INFINITY, nowMs - sentMs);
    return { result: judgeDaytime(answer) };
  }
}
