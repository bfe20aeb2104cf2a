import { daytimeRequest, judgeDaytime } from '../../payload/daytime-line.ts';
import type { Conversation, JudgedAnswer } from './conversation.ts';
import { type Exchange, type Exchanges, firstUnanswered } from './exchange.ts';

/** No answer comes much sooner than the fastest one so far: by a tenth, or by what two threads' timing differs. */
const FASTEST_SHARE = 0.9;
const GRAIN_MS = 1;

/**
 * Nothing in a daytime line says which request it answers. It is taken for the latest one that the path has had the
 * time to answer: strictly by order, one lost answer would shift all that follow by an interval.
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
    const oldest = firstUnanswered(exchanges);
    if (!oldest || this.#fastestMs === undefined) return oldest ?? 'duplicate';
    const leastMs = Math.min(this.#fastestMs * FASTEST_SHARE, this.#fastestMs - GRAIN_MS);
    const ripe = [...exchanges.values()].filter(
      ({ state, sentMs }) => state !== 'answered' && nowMs - sentMs >= leastMs,
    );
    return ripe.at(-1) ?? oldest;
  }

  judge(answer: Buffer, { sentMs }: Exchange, nowMs: number): JudgedAnswer {
    this.#fastestMs = Math.min(this.#fastestMs ?? Number.POSITIVE_INFINITY, nowMs - sentMs);
    return { result: judgeDaytime(answer) };
  }
}
