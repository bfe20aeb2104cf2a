import { availableParallelism } from 'node:os';

/** @param workers as configured; `auto` is one per core */
export function workerCount(workers: number | 'auto'): number {
  return workers === 'auto' ? availableParallelism() : workers;
}
