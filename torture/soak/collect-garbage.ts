/**
 * Loaded into every thread of the services of a soak by `--import`. V8 lets garbage lie until a heap has outgrown a
 * limit that at a moderate load takes an hour to reach, and the allocator keeps what V8's compilers have given back to
 * it, up to ten megabytes at a time; a rise of either looks just like a leak. With a full collection now and then and
 * no free memory kept, what stays is what is really held.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openLibc } from '../../packages/sockets/src/native/libc.ts';

/** Three times within the minute of which the smallest reading counts. Milliseconds. */
const INTERVAL_MS = 20_000;
/** Of <malloc.h>. */
const M_TRIM_THRESHOLD = -1;
/** Its default, which glibc itself raises as it goes. */
const TRIM_THRESHOLD_BYTES = 128 * 1024;

const trimMemory = memoryTrimmer();
// A context sees the function when it is made after the flag is set.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
setInterval(() => {
  collectGarbage();
  trimMemory();
}, INTERVAL_MS).unref();

/**
 * Has the C library keep no free memory, where it can: glibc. Its malloc_trim(3) leaves what is free at the end of a
 * thread's memory; M_TRIM_THRESHOLD of mallopt(3) has that returned as it gets free.
 */
function memoryTrimmer(): () => void {
  const libc = openLibc();
  if ('reason' in libc) return () => {};
  try {
    const { malloc_trim, mallopt } = libc.functions({
      malloc_trim: { arguments: ['u64'], return: 'i32' },
      mallopt: { arguments: ['i32', 'i32'], return: 'i32' },
    });
    mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD_BYTES);
    return () => malloc_trim(0n);
  } catch {
    return () => {};
  }
}
