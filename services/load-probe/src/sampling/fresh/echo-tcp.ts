import { encodePayload, judgeChunk } from '../../payload/payload.ts';
import { bytesReturned } from '../outcome.ts';
import type { Attempt, Reading } from '../sample.ts';
import { exchangeOverTcp } from './tcp-exchange.ts';

/** RFC 862 over TCP: the target must return the same bytes. */
export function probeEchoTcp(attempt: Attempt): Promise<Reading> {
  const { clock, run, sequence, target } = attempt;
  const request = encodePayload({ run, sequence, sentAt: clock.epoch() }, target.sizeBytes);
  let returned = 0;
  return exchangeOverTcp(attempt, {
    request,
    receive(chunk) {
      const result = judgeChunk(chunk, request, returned);
      returned += chunk.length;
      return result ?? (returned === request.length ? { outcome: 'ok' } : undefined);
    },
    end: (remote) =>
      returned === 0
        ? { outcome: 'closed', detail: `${remote} closed the connection without an answer` }
        : {
            outcome: 'truncated',
            detail: `${remote} sent ${bytesReturned(returned, request.length)} and closed the connection`,
          },
    progress: () => `sent ${returned} of ${request.length} bytes`,
  });
}
