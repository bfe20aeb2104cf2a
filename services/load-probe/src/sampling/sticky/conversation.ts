import type { ClockReading } from '../../monitor/status/types.ts';
import type { FailedResult, SampleResult } from '../outcome.ts';
import type { Attempt } from '../sample.ts';
import type { Exchange, Exchanges } from './exchange.ts';

/** The result of an exchange as its answer shows it, or that the sample must ask again. */
export type JudgedAnswer =
  | { readonly result: SampleResult; readonly clock?: ClockReading }
  /**
   * The sample asks once more. `unendedBytes` are of an answer that a FIN now would have cut off. The `refusal` is the
   * result where the peer sends nothing more.
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
  /** TCP: the length of the first answer among the received bytes; undefined while it is not whole. */
  frame(received: Buffer, exchanges: Exchanges): number | undefined;
  /** UDP: whose request begins with these bytes, where it says so itself. */
  asker?(beginning: Buffer, exchanges: Exchanges): Exchange | undefined;
  /** Whose answer it is; `duplicate` when everybody has theirs, undefined when it is to be left aside. */
  owner(answer: Buffer, exchanges: Exchanges, nowMs: number): Exchange | 'duplicate' | undefined;
  judge(answer: Buffer, exchange: Exchange, nowMs: number): JudgedAnswer;
}
