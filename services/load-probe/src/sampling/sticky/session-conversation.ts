import type { SynReport } from '../../net/syn-changes.ts';
import { lineOf } from '../../payload/daytime-line.ts';
import { answerBytes, isBlank } from '../../payload/session-answer.ts';
import {
  firstFormat,
  formatOf,
  isCoarser,
  judgeSession,
  sessionRequest,
} from '../../payload/session-line.ts';
import { synRequest } from '../../payload/syn-line.ts';
import type { Attempt } from '../sample.ts';
import type { Conversation, JudgedAnswer } from './conversation.ts';
import type { Exchange } from './exchange.ts';
import type { Exchanges } from './exchanges.ts';

/** A session replies in the order of the requests. */
export class SessionConversation implements Conversation {
  readonly recognizes = false;
  readonly leastAnswerBytes = 1;
  readonly endsByGap = true;
  /** The finest format that the server may still have. */
  #format = firstFormat;
  readonly #compareSyn: ((reply: string) => SynReport) | undefined;

  /** @param compareSyn reads the reply to the request for the SYN, where that is asked */
  constructor(compareSyn?: (reply: string) => SynReport) {
    this.#compareSyn = compareSyn;
  }

  request({ asks }: Attempt): Buffer {
    return asks === 'syn' ? synRequest : sessionRequest(this.#format);
  }

  frame(received: Buffer): number | undefined {
    return isBlank(received) ? received.length : answerBytes(received);
  }

  owner(answer: Buffer, exchanges: Exchanges): Exchange | 'duplicate' | undefined {
    return isBlank(answer) ? undefined : (exchanges.firstSent ?? 'duplicate');
  }

  judge(line: Buffer, { attempt, request, sentAt, sentMs }: Exchange, nowMs: number): JudgedAnswer {
    if (attempt.asks === 'syn' && this.#compareSyn) {
      return { result: { outcome: 'ok' }, told: { syn: this.#compareSyn(lineOf(line)) } };
    }
    const answer = judgeSession(line, formatOf(request), { sentAt, roundTripMs: nowMs - sentMs });
    if (!('next' in answer)) return answer;
    // Also used for all later requests on this flow.
    if (isCoarser(answer.next, this.#format)) this.#format = answer.next;
    return { result: 'ask_again', ...answer };
  }
}
