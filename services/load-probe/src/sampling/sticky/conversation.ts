import type { DatagramFacts } from '../../net/udp-socket.ts';
import type { FailedResult, SampleResult } from '../outcome.ts';
import type { Attempt, Reading } from '../sample.ts';
import type { Exchange } from './exchange.ts';
import type { Exchanges } from './exchanges.ts';
import type { RequestEnd } from './loss-direction.ts';

/** The result of an exchange by its reply, or that the sample must send another request. */
export type JudgedAnswer =
  | ({ readonly result: SampleResult } & Pick<Reading, 'clock' | 'reflectorMs' | 'told'>)
  /**
   * The sample sends another request. `unendedBytes`: length of a reply without an end, which a FIN now would have cut
   * off. `refusal`: the result if the target sends nothing more.
   */
  | { readonly result: 'ask_again'; readonly unendedBytes: number; readonly refusal?: FailedResult };

/** The protocol of one flow that many samples share: matches replies to samples, and checks them. */
export interface Conversation {
  /** Whether replies identify their request. Answered exchanges are then remembered, to count duplicates. */
  readonly recognizes: boolean;
  /** TCP: minimum length of a whole reply. */
  readonly leastAnswerBytes: number;
  /** TCP: whether a reply may lack an end mark, so that only a quiet gap shows that it is whole. */
  readonly endsByGap?: boolean;
  request(attempt: Attempt): Buffer;
  /** TCP: the length of the first reply in the received bytes; undefined while it is not whole. */
  frame(received: Buffer, exchanges: Exchanges): number | undefined;
  /** UDP: the exchange whose request begins with these bytes, where they identify it. */
  senderOf?(beginning: Buffer, exchanges: Exchanges): Exchange | undefined;
  /** The exchange of a reply; `duplicate` when all exchanges have theirs, undefined when the reply must be ignored. */
  owner(answer: Buffer, exchanges: Exchanges, nowMs: number): Exchange | 'duplicate' | undefined;
  /** Where it wants to know: has to be called with what became of the request. The exchange still has it. */
  endOf?(exchange: Exchange): (end: RequestEnd) => void;
  /** @param facts UDP: what the kernel knows of the reply */
  judge(answer: Buffer, exchange: Exchange, nowMs: number, facts?: DatagramFacts): JudgedAnswer;
}
