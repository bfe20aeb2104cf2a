import { setTimeout as delay } from 'node:timers/promises';
import { isatty } from 'node:tty';
import pino, { type Logger } from 'pino';

export type { Logger };

/** Lines that wait for a slow log reader; beyond that, lines are dropped until it reads again. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** The last lines of a process wait at most this long for the log reader. */
const LAST_LINES_TIMEOUT_MS = 500;

export interface Log {
  readonly log: Logger;
  /** Lines that were dropped because the log reader was too far behind. */
  readonly droppedLines: () => number;
  /** Waits a bounded time for the buffered lines to be read; false when the reader is stuck. */
  flush(): Promise<boolean>;
}

/** JSON lines on standard output; coloured text where that is a terminal. */
export async function openLog(service: string, level: string): Promise<Log> {
  const options = { level, base: { service }, errorKey: 'error' };
  if (isatty(1)) {
    const { default: pretty } = await import('pino-pretty');
    return {
      log: pino(options, pretty({ sync: true, ignore: 'pid,hostname' })),
      droppedLines: () => 0,
      flush: () => Promise.resolve(true),
    };
  }
  const { stdout } = process;
  // A log reader that goes away must not end the service.
  stdout.on('error', () => {});
  // This stream never blocks, unlike pino's own destination. Its buffer has no limit, so lines are dropped here.
  let droppedLines = 0;
  const destination = {
    write(line: string) {
      if (stdout.writableLength < MAX_BACKLOG_BYTES) stdout.write(line);
      else droppedLines += 1;
    },
  };
  return {
    log: pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, destination),
    droppedLines: () => droppedLines,
    async flush() {
      const written = new Promise<boolean>((resolve) => stdout.write('', () => resolve(true)));
      return Promise.race([written, delay(LAST_LINES_TIMEOUT_MS, false, { ref: false })]);
    },
  };
}
