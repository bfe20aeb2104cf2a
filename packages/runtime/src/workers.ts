import { availableParallelism, totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

const MIB = 1024 * 1024;
/** The other half is for buffers, sockets, the control plane and the program itself. */
const HEAPS_SHARE = 0.5;

/** @param workers as configured; `auto` is one per core */
export function workerCount(workers: number | 'auto'): number {
  return workers === 'auto' ? availableParallelism() : workers;
}

/**
 * What the heap of one worker may grow to, MiB. V8 takes no account of what a container may use: at 256 MiB its own
 * limit is 262 MiB, and the kernel would kill the process before V8 gave up on the worker.
 */
export function heapLimitMib(
  workers: number,
  memoryBytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  ownLimitBytes = getHeapStatistics().heap_size_limit,
): number {
  return Math.floor(Math.min(ownLimitBytes, (memoryBytes * HEAPS_SHARE) / workers) / MIB);
}
