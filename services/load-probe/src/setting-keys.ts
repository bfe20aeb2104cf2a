import { duration, type Key, size } from '@echo-daytime/runtime';
import { MIN_PAYLOAD_BYTES } from './payload.ts';
import { isEcho, isUdp } from './protocol.ts';
import { LATE_GRACE_MS } from './sample.ts';
import type { Target } from './target.ts';

/** The largest datagram over IPv4: 65535 less an IP header of 20 and a UDP header of 8 bytes. */
const MAX_DATAGRAM_BYTES = 65_507;
const MAX_STREAM_BYTES = 16 * 1024 ** 2;
/** Sockets that one target may hold; more would exhaust what a process may open. */
const MAX_UNDER_WAY = 4096;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export function intervalKey(initial: string): Key<number> {
  const doc = 'From one sample of a target to the next';
  return durationBetween({ min: 1, max: DAY_MS, range: 'from 1ms to 24h' }, initial, doc);
}

export function timeoutKey(initial: string): Key<number> {
  const doc = 'How long after its due time a sample may take';
  return durationBetween({ min: 1, max: HOUR_MS, range: 'from 1ms to 1h' }, initial, doc);
}

export function sizeKey(initial: string): Key<number> {
  const doc = `Bytes that an echo target gets; at most ${MAX_DATAGRAM_BYTES} over UDP`;
  return size({ min: MIN_PAYLOAD_BYTES, max: MAX_STREAM_BYTES }, initial, doc);
}

/** What settings that are valid each by itself can't do together, one sentence for each problem. */
export function settingProblems(target: Target): string[] {
  const { url, protocol, intervalMs, timeoutMs, sizeBytes } = target;
  const problems: string[] = [];
  if (isUdp(protocol) && isEcho(protocol) && sizeBytes > MAX_DATAGRAM_BYTES) {
    problems.push(
      `${url}: a size of ${sizeBytes} bytes is more than a datagram holds; at most ${MAX_DATAGRAM_BYTES} over UDP`,
    );
  }
  const underWay = Math.ceil((timeoutMs + (isUdp(protocol) ? LATE_GRACE_MS : 0)) / intervalMs);
  if (underWay > MAX_UNDER_WAY) {
    problems.push(
      `${url}: a timeout of ${timeoutMs} ms at an interval of ${intervalMs} ms can have ${underWay} samples ` +
        `under way at once, at most ${MAX_UNDER_WAY} may be; use a shorter timeout or a longer interval`,
    );
  }
  return problems;
}

function durationBetween(
  { min, max, range }: { readonly min: number; readonly max: number; readonly range: string },
  initial: string,
  doc: string,
): Key<number> {
  const key = duration(initial, doc);
  return {
    ...key,
    parse(text) {
      const milliseconds = key.parse(text);
      if (milliseconds < min || milliseconds > max) throw new Error(`must be a duration ${range}`);
      return milliseconds;
    },
  };
}
