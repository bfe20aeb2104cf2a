import { MAX_LINE_BYTES } from '../daytime-line.ts';
import type { Attempt, Reading } from '../sample.ts';
import { judgeSession, type SessionFormat, sessionRequest } from '../session-line.ts';
import type { ClockReading } from '../status.ts';
import { exchangeOverTcp } from '../tcp-exchange.ts';

const NEWLINE = 0x0a;

/** A session: the peer answers a request with the time in the format that it names. */
export async function probeSessionTcp(attempt: Attempt): Promise<Reading> {
  const { clock } = attempt;
  let format: SessionFormat = 'timestamp-ns';
  let line = Buffer.alloc(0);
  let sentMs = clock.now();
  let sentAt = clock.epoch();
  let reading: ClockReading | undefined;
  const markSent = (): void => {
    sentMs = clock.now();
    sentAt = clock.epoch();
  };
  const taken = await exchangeOverTcp(attempt, {
    request: sessionRequest(format),
    sent: markSent,
    receive(chunk, ask) {
      line = Buffer.concat([line, chunk]);
      if (!line.includes(NEWLINE) && line.length <= MAX_LINE_BYTES) return undefined;
      const answer = judgeSession(line, format, { sentAt, roundTripMs: clock.now() - sentMs });
      if (answer === 'other_format') {
        format = 'timestamp-ms';
        line = Buffer.alloc(0);
        markSent();
        ask(sessionRequest(format));
        return undefined;
      }
      reading = answer.clock;
      return answer.verdict;
    },
    end: (peer) =>
      line.length === 0
        ? { outcome: 'closed', detail: `${peer} closed the connection without a line` }
        : {
            outcome: 'truncated',
            detail: `${peer} sent ${line.length} bytes of a line and closed the connection`,
          },
    progress: () => (line.length === 0 ? 'sent no line' : `sent ${line.length} bytes but no whole line`),
  });
  return reading ? { ...taken, clock: reading } : taken;
}
