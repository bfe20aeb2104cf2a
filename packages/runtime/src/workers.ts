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
 * Heap limit of one worker, MiB. V8's own limit ignores the memory limit of a container: in a container of 256 MiB it
 * is 262 MiB, so the kernel would kill the process before V8 ended the worker.
 */
export function heapLimitMib(
  workers: number,
  memoryBytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
  ownLimitBytes = getHeapStatistics().heap_size_limit,
): number {
  return Math.floor(Math.min(ownLimitBytes, (memoryBytes * HEAPS_SHARE) / workers) / MIB);
}
