import type { ClockReading } from '../../monitor/status/types.ts';
import { answerBytes, isBlank } from '../../payload/session-answer.ts';
import { firstFormat, judgeSession, type SessionFormat, sessionRequest } from '../../payload/session-line.ts';
import type { FailedResult, SampleResult } from '../outcome.ts';
import type { Attempt, Reading, ToldConnection } from '../sample.ts';
import { askAboutConnection } from './ask-about-connection.ts';
import { exchangeOverTcp } from './tcp-exchange.ts';

/** A session: the target replies with the time in the format that the request names. */
export async function probeSessionTcp(attempt: Attempt): Promise<Reading> {
  const { clock } = attempt;
  let format: SessionFormat = firstFormat;
  let received = Buffer.alloc(0);
  let sentMs = clock.now();
  let sentAt = clock.epoch();
  let reading: ClockReading | undefined;
  let told: Promise<ToldConnection> | undefined;
  /** Bytes of the previous reply, which has no line end: if the target closes now, that reply was cut off. */
  let unendedBytes = 0;
  let refusal: FailedResult | undefined;
  const markSent = (): void => {
    sentMs = clock.now();
    sentAt = clock.epoch();
  };
  const judge = (bytes: number, atMs: number, ask: (request: Buffer) => void): SampleResult | undefined => {
    const answer = judgeSession(received.subarray(0, bytes), format, { sentAt, roundTripMs: atMs - sentMs });
    received = received.subarray(bytes);
    if ('next' in answer) {
      format = answer.next;
      unendedBytes = answer.unendedBytes;
      refusal = answer.refusal;
      // An error may have more than one line.
      if (refusal) received = Buffer.alloc(0);
      markSent();
      ask(sessionRequest(format));
      return undefined;
    }
    reading = answer.clock;
    return answer.result;
  };
  const taken = await exchangeOverTcp(attempt, {
    request: sessionRequest(format),
    sent: markSent,
    receive(chunk, ask) {
      received = Buffer.concat([received, chunk]);
      if (isBlank(received)) return undefined;
      const bytes = answerBytes(received);
      return bytes === undefined ? 'may_be_whole' : judge(bytes, clock.now(), ask);
    },
    ...((attempt.target.syn || attempt.target.who) && {
      release(socket) {
        told = askAboutConnection(socket, attempt);
      },
    }),
    quiet: (atMs, ask) => judge(received.length, atMs, ask),
    end(remote) {
      const bytes = received.length || unendedBytes;
      if (refusal && bytes === 0) return refusal;
      return bytes === 0
        ? { outcome: 'closed', detail: `${remote} closed the connection without a line` }
        : {
            outcome: 'truncated',
            detail: `${remote} sent ${bytes} bytes of a line and closed the connection`,
          };
    },
    progress() {
      if (received.length > 0) return `sent ${received.length} bytes but no whole line`;
      return refusal ? `sent no other line (${refusal.detail})` : 'sent no line';
    },
  });
  return { ...taken, ...(reading && { clock: reading }), ...(told && { told }) };
}
