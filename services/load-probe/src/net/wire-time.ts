import type { SentDatagram } from './udp-socket.ts';

interface Arrival {
  /** By the kernel's timestamps where it has them: the time until the reply was read is the probe's own. */
  readonly arrivedMs: number;
  /** The round trip between the timestamps, milliseconds; absent where unknown. */
  readonly wireMs?: number;
}

/**
 * When a reply arrived, milliseconds of the clock.
 *
 * @param request undefined where it is not certain which one the reply belongs to: a wire time is never a guess
 * @param receivedAt milliseconds since the Unix epoch
 * @param sentMs before the send, `readMs` after the receive, both in milliseconds of the clock
 */
export function arrivalOf(
  request: SentDatagram | undefined,
  receivedAt: number | undefined,
  sentMs: number,
  readMs: number,
): Arrival {
  const unknown = { arrivedMs: readMs };
  if (request?.sentAt === undefined || receivedAt === undefined) return unknown;
  const wireMs = receivedAt - request.sentAt;
  // The timestamps are of the wall clock, which may be set meanwhile.
  const isPossible = wireMs >= 0 && wireMs <= readMs - sentMs;
  return isPossible ? { arrivedMs: sentMs + wireMs, wireMs } : unknown;
}
