import { loadLibc } from './ffi.ts';

/**
 * Ends the process at once, _exit(2). `process.exit` waits for the threads of libuv: an abandoned lookup would delay it
 * until the resolver answers or times out.
 */
export function exitNow(code: number): void {
  const libc = loadLibc();
  if ('functions' in libc) libc.functions({ _exit: { arguments: ['i32'], return: 'void' } })._exit(code);
  // Without the C library, the process ends when the lookup does.
  process.exit(code);
}
