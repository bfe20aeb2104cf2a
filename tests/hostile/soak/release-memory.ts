/**
 * Loaded by `--import` into every thread of services whose memory is measured. V8 lets garbage lie until a heap has outgrown a
 * limit that at a moderate load takes an hour to reach, and glibc keeps free memory between what is in use; a rise of
 * either looks just like a leak. With a full collection and a malloc_trim(3) now and then, what stays is what is really
 * held.
 */
import { loadLibc } from '@echo-daytime/linux';
import { collectGarbage } from '../../harness/collect-garbage.ts';

/** By default three times within the minute of which the smallest reading counts. Milliseconds. */
const INTERVAL_MS = Number(process.env.RELEASE_MEMORY_MS ?? 20_000);

const trimMemory = memoryTrimmer();
// A context sees the function when it is made after the flag is set.
setInterval(() => {
  collectGarbage();
  trimMemory();
}, INTERVAL_MS).unref();

/** Gives free memory of all threads back to the system, where the C library can: glibc. */
function memoryTrimmer(): () => void {
  const libc = loadLibc();
  if ('reason' in libc) return () => {};
  try {
    const { malloc_trim } = libc.functions({ malloc_trim: { arguments: ['u64'], return: 'i32' } });
    return () => malloc_trim(0n);
  } catch {
    return () => {};
  }
}
