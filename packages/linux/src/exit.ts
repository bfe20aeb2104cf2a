import { loadLibc } from './ffi.ts';

/**
 * Ends the process at once, _exit(2): `process.exit` waits for the threads of libuv, and so for a lookup that was given
 * up, until the resolver answers or gives up itself.
 */
export function exitNow(code: number): void {
  const libc = loadLibc();
  if ('functions' in libc) libc.functions({ _exit: { arguments: ['i32'], return: 'void' } })._exit(code);
  // Without it the process ends as late as the lookup.
  process.exit(code);
}
