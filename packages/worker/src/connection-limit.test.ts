import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AcquiringResult, AcquiringWork } from '../test/fixtures/acquiring-worker.ts';
import { ConnectionLimit } from './connection-limit.ts';

const ROUNDS = 300_000;

/** Starts workers that acquire and release as fast as they can, each with its own limit. */
async function race(limits: readonly number[]) {
  const shared = ConnectionLimit.memoryFor(limits.length);
  const watch = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
  const results = await Promise.all(
    limits.map(async (limit, worker): Promise<AcquiringResult> => {
      const work: AcquiringWork = { shared, watch, worker, workers: limits.length, limit, rounds: ROUNDS };
      const thread = new Worker(new URL('../test/fixtures/acquiring-worker.ts', import.meta.url), {
        workerData: work,
      });
      const [result] = (await once(thread, 'message')) as [AcquiringResult];
      return result;
    }),
  );
  return { results, mostHeld: new Int32Array(watch)[2], left: new ConnectionLimit(shared, 0).total };
}

describe('ConnectionLimit', () => {
  it('should grant up to the limit, and again after a release', () => {
    const shared = new ConnectionLimit(ConnectionLimit.memoryFor(1), 0);
    expect([shared.acquire(2), shared.acquire(2), shared.acquire(2)]).toEqual([true, true, false]);
    shared.release();
    expect([shared.total, shared.acquire(2), shared.acquire(2)]).toEqual([1, true, false]);
  });

  it('should count over all workers, and release only what a dead worker held', () => {
    const memory = ConnectionLimit.memoryFor(2);
    const [one, other] = [new ConnectionLimit(memory, 0), new ConnectionLimit(memory, 1)];
    expect([one.acquire(3), other.acquire(3), other.acquire(3), one.acquire(3)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    other.releaseAll();
    expect(one.total).toBe(1);
    other.releaseAll();
    expect(one.total).toBe(1);
  });

  it('should agree with a plain count for any order of acquisitions, releases and deaths', () => {
    const step = fc.record({
      worker: fc.nat(2),
      action: fc.constantFrom(
        'acquire' as const,
        'acquire' as const,
        'release' as const,
        'releaseAll' as const,
      ),
    });
    fc.assert(
      fc.property(fc.nat(5), fc.array(step, { maxLength: 50 }), (limit, steps) => {
        const memory = ConnectionLimit.memoryFor(3);
        const held = [0, 0, 0];
        const sum = () => held.reduce((total, count) => total + count, 0);
        for (const { worker, action } of steps) {
          const shared = new ConnectionLimit(memory, worker);
          const mine = held[worker]!;
          if (action === 'acquire') {
            const granted = sum() < limit;
            expect(shared.acquire(limit)).toBe(granted);
            if (granted) held[worker] = mine + 1;
          } else if (action === 'releaseAll') {
            shared.releaseAll();
            held[worker] = 0;
          } else if (mine > 0) {
            shared.release();
            held[worker] = mine - 1;
          }
          expect(shared.total).toBe(sum());
        }
      }),
    );
  });

  it('should never let two concurrent threads hold more than the limit', async () => {
    // On a busy machine one thread may finish before the other starts. Such a race proves nothing and is repeated.
    let haveMet = false;
    while (!haveMet) {
      const { results, mostHeld, left } = await race([1, 1]);
      expect(mostHeld).toBe(1);
      expect(left).toBe(0);
      haveMet = results.some(({ refused }) => refused > 0);
    }
  });

  it('should not refuse below the limit while another thread is being refused', async () => {
    const { results, left } = await race([1, 0]);
    expect(results).toEqual([
      { granted: ROUNDS, refused: 0 },
      { granted: 0, refused: ROUNDS },
    ]);
    expect(left).toBe(0);
  });
});
