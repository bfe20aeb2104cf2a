import { MAX_LINE_BYTES } from '../daytime-line.ts';
import { judgeSession, type SessionFormat, sessionRequest } from '../session-line.ts';
import type { Conversation, Judgement } from './conversation.ts';
import { type Exchange, type Exchanges, firstUnanswered } from './exchange.ts';

const NEWLINE = 0x0a;

/** A session answers in the order of the requests. */
export class SessionConversation implements Conversation {
  readonly recognizes = false;
  readonly leastAnswerBytes = 1;
  #format: SessionFormat = 'timestamp-ns';

  request(): Buffer {
    return sessionRequest(this.#format);
  }

  frame(received: Buffer): number | undefined {
    const end = received.indexOf(NEWLINE);
    if (end >= 0) return end + 1;
    return received.length > MAX_LINE_BYTES ? received.length : undefined;
  }

  owner(_answer: Buffer, exchanges: Exchanges): Exchange | 'duplicate' {
    return firstUnanswered(exchanges) ?? 'duplicate';
  }

  judge(line: Buffer, { request, sentAt, sentMs }: Exchange, nowMs: number): Judgement {
    const asked = request.equals(sessionRequest('timestamp-ns')) ? 'timestamp-ns' : 'timestamp-ms';
    const answer = judgeSession(line, asked, { sentAt, roundTripMs: nowMs - sentMs });
    if (answer !== 'other_format') return answer;
    // Learned for all that follow on this flow.
    this.#format = 'timestamp-ms';
    return { ask: this.request() };
  }
}
