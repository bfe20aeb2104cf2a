import { exitNow } from '@echo-daytime/linux/exit';

/** Work that a command leaves behind has this long to end by itself, milliseconds. */
const GRACE_MS = 100;

/**
 * Has the process end soon, with the exit code that is set. A lookup that was given up holds a thread of libuv's until
 * the resolver answers or gives up itself. `process.exit` waits for these threads, as the end of an idle process does.
 */
export function forceExit(): void {
  setTimeout(() => exitNow(Number(process.exitCode ?? 0)), GRACE_MS).unref();
}
