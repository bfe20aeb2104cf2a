import type { FunctionDefinitions, WrappedFunctionsFromDefinitions } from 'node:ffi';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import { missingFlags } from './v8-flags.ts';

type Ffi = typeof import('node:ffi');

/** Where Linux has the numbers and layouts that callers know: constants such as SOCK_NONBLOCK differ elsewhere. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/** The C library of this process. */
export interface Libc {
  /**
   * Functions by their C names.
   *
   * A buffer handed to one must stay reachable for as long as native code may touch it, and must lie on an
   * ArrayBuffer of the caller's own: a small Buffer of Node's may move.
   *
   * @throws Error where the library has no function of that name
   */
  functions<const T extends FunctionDefinitions>(definitions: T): WrappedFunctionsFromDefinitions<T>;
  /** Where the bytes of a buffer are. They stay there, but only for as long as the buffer is reachable. */
  addressOf(memory: ArrayBuffer): bigint;
  /** Why the last call of this thread failed: valid right after a call that says that it did. */
  errno(): number;
}

/** @returns the library, or why there is none to be had: not an error, for everything has a slower way */
export function loadLibc(): Libc | { readonly reason: string } {
  if (process.platform !== 'linux') return { reason: `the system is ${process.platform}, not linux` };
  if (!ARCHITECTURES.includes(process.arch)) {
    return { reason: `the processor is ${process.arch}, not ${ARCHITECTURES.join(' or ')}` };
  }
  // Not imported: where it is switched off, the import would end the process.
  const ffi = process.getBuiltinModule('node:ffi') as Ffi | undefined;
  if (!ffi) return { reason: 'this Node has no node:ffi' };
  try {
    // Null: the process itself, which has its C library in it, whichever that is.
    const { lib } = ffi.dlopen(null);
    // Of this thread, for as long as it runs; glibc and musl both call it that.
    const errnoAt = lib.getFunction('__errno_location', { return: 'pointer' })();
    return {
      functions: (definitions) => lib.getFunctions(definitions),
      addressOf: (memory) => ffi.getRawPointer(memory),
      errno: () => ffi.getInt32(errnoAt),
    };
  } catch (error) {
    return { reason: `node:ffi: ${error instanceof Error ? error.message : error}` };
  }
}

/** The same for an engine, whose calls are many, and whose threads may end: node has to be started for it. */
export function openLibc(): Libc | { readonly reason: string } {
  const missing = missingFlags(process.execArgv);
  if (missing.length === 0) return loadLibc();
  return { reason: `node runs without ${missing.join(' ')}; start it with these flags, as the image does` };
}

/** An error as Node has it: the number of errno(3) as `code`. */
export function systemError(call: string, errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${call} ${code}: ${getSystemErrorMessage(-errno)}`), {
    code,
    errno: -errno,
    syscall: call,
  });
}
