import type { FailedResult } from '../outcome.ts';
import { LATE_GRACE_MS } from '../sample.ts';
import { type Exchange, wasAsked } from './exchange.ts';
import type { Transport } from './transport.ts';

/** A request that was not sent by the deadline. */
export function unsentResult(exchange: Exchange, { isReady, remote }: Transport): FailedResult {
  const within = `within ${exchange.attempt.target.timeoutMs} ms`;
  return isReady && !wasAsked(exchange)
    ? { outcome: 'read_timeout', detail: `${remote} left an earlier request unanswered ${within}` }
    : { outcome: 'write_timeout', detail: `${remote} did not take the whole request ${within}` };
}

/** A request that was sent and has no reply by the end of the grace time. */
export function unansweredResult(
  { attempt, refusal }: Exchange,
  transport: Transport,
  lastAnswered: number,
): FailedResult {
  const within = `within ${attempt.target.timeoutMs + LATE_GRACE_MS} ms`;
  const { kind, remote } = transport;
  if (kind === 'datagrams' || attempt.sequence < lastAnswered) {
    return { outcome: 'lost', detail: `no answer from ${remote} ${within}${transport.silenceHint()}` };
  }
  const refused = refusal ? ` (${refusal.detail})` : '';
  return { outcome: 'read_timeout', detail: `${remote} sent no whole answer ${within}${refused}` };
}

/** A flow that was given up. */
export function silenceResult({ kind, remote }: Transport, silentMs: number): FailedResult {
  const detail = `${remote} sent nothing on this flow for ${Math.round(silentMs)} ms`;
  return { outcome: kind === 'datagrams' ? 'lost' : 'read_timeout', detail };
}

/** @param begunBytes received bytes of its reply */
export function finResult(
  { refusal, unendedBytes }: Exchange,
  { remote }: Transport,
  begunBytes: number,
): FailedResult {
  const bytes = begunBytes || unendedBytes;
  if (bytes === 0) {
    return refusal ?? { outcome: 'closed', detail: `${remote} closed the connection without an answer` };
  }
  return {
    outcome: 'truncated',
    detail: `${remote} sent ${bytes} bytes of an answer and closed the connection`,
  };
}
