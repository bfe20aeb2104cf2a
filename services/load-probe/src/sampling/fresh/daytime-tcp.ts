import { judgeDaytime, MAX_LINE_BYTES } from '../../payload/daytime-line.ts';
import type { Attempt, Reading } from '../sample.ts';
import { exchangeOverTcp } from './tcp-exchange.ts';

/** RFC 867 over TCP: the target sends a line with the time and closes. */
export function probeDaytimeTcp(attempt: Attempt): Promise<Reading> {
  let line = Buffer.alloc(0);
  return exchangeOverTcp(attempt, {
    receive(chunk) {
      line = Buffer.concat([line, chunk]);
      // Already longer than any line: the result is known, and the target may never stop.
      return line.length > MAX_LINE_BYTES ? judgeDaytime(line) : undefined;
    },
    end: (remote) =>
      line.length === 0
        ? { outcome: 'closed', detail: `${remote} closed the connection without a line` }
        : judgeDaytime(line),
    progress: () =>
      line.length === 0 ? 'sent no line' : `sent ${line.length} bytes but did not close the connection`,
  });
}
