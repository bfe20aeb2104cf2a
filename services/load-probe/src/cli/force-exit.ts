import { exitNow } from '@echo-daytime/linux/exit';

/** How long work that a command left behind may go on before the process exits, milliseconds. */
const GRACE_MS = 100;

/**
 * Ends the process soon, with the exit code that is set. A lookup that timed out still holds a libuv thread until the
 * resolver answers. A normal exit and `process.exit` both wait for these threads, so neither is used.
 */
export function forceExit(): void {
  setTimeout(() => exitNow(Number(process.exitCode ?? 0)), GRACE_MS).unref();
}
