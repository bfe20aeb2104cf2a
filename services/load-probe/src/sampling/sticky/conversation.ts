import type { ClockReading } from '../../monitor/status/types.ts';
import type { FailedResult, SampleResult } from '../outcome.ts';
import type { Attempt } from '../sample.ts';
import type { Exchange, Exchanges } from './exchange.ts';

/** What an answer is worth. */
export type JudgedAnswer =
  | { readonly result: SampleResult; readonly clock?: ClockReading }
  /**
   * The same sample has to ask once more. A FIN now has cut off an answer of so many bytes, unless they are 0; a peer
   * that says no more has said the `refusal`.
   */
  | { readonly result: 'ask_again'; readonly unendedBytes: number; readonly refusal?: FailedResult };

/** What a protocol does with one flow that many samples share. */
export interface Conversation {
  /** Whether answered exchanges are kept for a while, as they can be recognized when they are answered again. */
  readonly recognizes: boolean;
  /** TCP: with less than this no answer can be whole. */
  readonly leastAnswerBytes: number;
  /** TCP: whether an answer may be over without an end of its own, which a quiet gap then shows. */
  readonly endsByGap?: boolean;
  request(attempt: Attempt): Buffer;
  /** TCP: the length of the first answer in what came; undefined while it is not whole. */
  frame(received: Buffer, exchanges: Exchanges): number | undefined;
  /** Whose answer it is; `duplicate` when everybody has theirs, undefined when it is to be left aside. */
  owner(answer: Buffer, exchanges: Exchanges, nowMs: number): Exchange | 'duplicate' | undefined;
  judge(answer: Buffer, exchange: Exchange, nowMs: number): JudgedAnswer;
}
