import type { FunctionDefinitions, WrappedFunctionsFromDefinitions } from 'node:ffi';
import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import { missingFlags } from './v8-flags.ts';

type Ffi = typeof import('node:ffi');

/** The processors whose constants and layouts callers know: SOCK_NONBLOCK, for one, differs on others. */
const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/** The C library of this process. */
export interface Libc {
  /**
   * Functions by their C names. A lookup takes longer than most calls, so its result is kept for each `definitions`
   * object: make that a constant where there are many calls.
   *
   * A buffer argument must stay reachable while native code may use it. It must have an ArrayBuffer of its own: the
   * memory of a small Buffer of Node's may move.
   *
   * @throws Error where the library has no function of this name
   */
  functions<const T extends FunctionDefinitions>(definitions: T): WrappedFunctionsFromDefinitions<T>;
  /** The address of a buffer's bytes, valid while the buffer is reachable. */
  addressOf(memory: ArrayBuffer): bigint;
  /** The error number of this thread's last call; valid right after a call that failed. */
  errno(): number;
}

/** @returns the library, or why it can't be loaded: no error, because every caller has a slower way */
export function loadLibc(): Libc | { readonly reason: string } {
  if (process.platform !== 'linux') return { reason: `the system is ${process.platform}, not linux` };
  if (!ARCHITECTURES.includes(process.arch)) {
    return { reason: `the processor is ${process.arch}, not ${ARCHITECTURES.join(' or ')}` };
  }
  // No import statement: it would end the process where node:ffi is switched off.
  const ffi = process.getBuiltinModule('node:ffi') as Ffi | undefined;
  if (!ffi) return { reason: 'this Node has no node:ffi' };
  try {
    // Null opens the process itself, which contains its C library, glibc or musl.
    const { lib } = ffi.dlopen(null);
    // The address of errno in this thread; the function has this name in glibc and in musl.
    const errnoAt = lib.getFunction('__errno_location', { return: 'pointer' })();
    const found = new WeakMap<FunctionDefinitions, object>();
    return {
      functions<const T extends FunctionDefinitions>(definitions: T) {
        const functions = found.get(definitions) ?? lib.getFunctions(definitions);
        found.set(definitions, functions);
        return functions as WrappedFunctionsFromDefinitions<T>;
      },
      addressOf: (memory) => ffi.getRawPointer(memory),
      errno: () => ffi.getInt32(errnoAt),
    };
  } catch (error) {
    return { reason: `node:ffi: ${error instanceof Error ? error.message : error}` };
  }
}

/** The same for an engine, which needs V8_FLAGS: it makes many calls, and its thread may be terminated. */
export function openLibc(): Libc | { readonly reason: string } {
  const missing = missingFlags(process.execArgv);
  if (missing.length === 0) return loadLibc();
  return { reason: `node runs without ${missing.join(' ')}; start it with these flags, as the image does` };
}

/** An error as Node makes it, with the name of the errno(3) as `code`. */
export function systemError(call: string, errno: number): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${call} ${code}: ${getSystemErrorMessage(-errno)}`), {
    code,
    errno: -errno,
    syscall: call,
  });
}
