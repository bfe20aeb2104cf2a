import { isatty } from 'node:tty';
import pino, { type Logger } from 'pino';

export type { Logger };

export interface Log {
  readonly log: Logger;
  /** Writes out what is still buffered; call before the process ends. */
  flush(): void;
}

/** JSON lines on standard output; coloured text where that is a terminal. */
export async function openLog(service: string, level: string): Promise<Log> {
  const options = { level, base: { service }, errorKey: 'error' };
  if (isatty(1)) {
    const { default: pretty } = await import('pino-pretty');
    return { log: pino(options, pretty({ sync: true, ignore: 'pid,hostname' })), flush() {} };
  }
  const destination = pino.destination({ dest: 1, sync: false });
  // A log reader that went away must not take the service with it.
  destination.on('error', () => {});
  return {
    log: pino({ ...options, formatters: { level: (label) => ({ level: label }) } }, destination),
    flush() {
      try {
        destination.flushSync();
      } catch {
        // Nothing is left to report it to.
      }
    },
  };
}
