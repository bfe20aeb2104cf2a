import { getHeapStatistics } from 'node:v8';

/** What one input may cost; an honest one of 20 KiB takes up to 13 MB, one of a few KiB less than 5 ms and 8 MB. */
export const MAX_CPU_MS = 250;
export const MAX_HEAP_BYTES = 32 * 1024 ** 2;

export interface Cost {
  /** Of this thread. */
  readonly cpuMs: number;
  /** Objects that were made, whether they were freed or not; what Buffers hold is not among them. */
  readonly heapBytes: number;
}

/** What the work takes, however busy the machine is. */
export async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  const before = { cpu: process.threadCpuUsage(), bytes: allocatedBytes() };
  await work();
  const { user, system } = process.threadCpuUsage(before.cpu);
  return { cpuMs: (user + system) / 1_000, heapBytes: allocatedBytes() - before.bytes };
}

export function isTooMuch({ cpuMs, heapBytes }: Cost): boolean {
  return cpuMs > MAX_CPU_MS || heapBytes > MAX_HEAP_BYTES;
}

function allocatedBytes(): number {
  return getHeapStatistics().total_allocated_bytes;
}
