/**
 * Loaded by `--import` into every thread of services whose memory is measured. V8 does not collect garbage before the
 * heap reaches a limit, which takes an hour at a moderate load. glibc keeps free memory between used blocks. Both look
 * like a leak. Regular full collections and malloc_trim(3) leave only the memory that is really in use.
 */
import { BroadcastChannel, isMainThread } from 'node:worker_threads';
import { loadLibc } from '@echo-daytime/linux';
import { collectGarbage } from '../../harness/collect-garbage.ts';

/** Default: three times per minute; the smallest reading of a minute counts. Milliseconds. */
const INTERVAL_MS = Number(process.env.RELEASE_MEMORY_MS ?? 20_000);

const trimMemory = memoryTrimmer();
const release = (): void => {
  // Only a context that is created after the flag is set has the function `gc`.
  collectGarbage();
  trimMemory();
};
setInterval(release, INTERVAL_MS).unref();

/** All threads release at this signal, too. */
const threads = new BroadcastChannel('release');
threads.onmessage = release;
threads.unref();
if (isMainThread) {
  process.on('SIGUSR2', () => {
    threads.postMessage(undefined);
    release();
  });
}

/** Returns the free memory of all threads to the system, where the C library can do so: glibc. */
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
