import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClaimingResult, ClaimingWork } from '../test/fixtures/claiming-worker.ts';
import { Claims } from './connection-limit.ts';

const ROUNDS = 300_000;

/** Lets workers claim and release as fast as they can, each within a limit of its own. */
async function race(limits: readonly number[]) {
  const claims = Claims.memoryFor(limits.length);
  const watch = new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT);
  const results = await Promise.all(
    limits.map(async (limit, worker): Promise<ClaimingResult> => {
      const work: ClaimingWork = { claims, watch, worker, workers: limits.length, limit, rounds: ROUNDS };
      const thread = new Worker(new URL('../test/fixtures/claiming-worker.ts', import.meta.url), {
        workerData: work,
      });
      const [result] = (await once(thread, 'message')) as [ClaimingResult];
      return result;
    }),
  );
  return { results, mostHeld: new Int32Array(watch)[2], left: new Claims(claims, 0).total };
}

describe('Claims', () => {
  it('should grant up to the limit and again what was released', () => {
    const claims = new Claims(Claims.memoryFor(1), 0);
    expect([claims.claim(2), claims.claim(2), claims.claim(2)]).toEqual([true, true, false]);
    claims.release();
    expect([claims.total, claims.claim(2), claims.claim(2)]).toEqual([1, true, false]);
  });

  it('should count over all workers together and forfeit only what a worker holds', () => {
    const memory = Claims.memoryFor(2);
    const [one, other] = [new Claims(memory, 0), new Claims(memory, 1)];
    expect([one.claim(3), other.claim(3), other.claim(3), one.claim(3)]).toEqual([true, true, true, false]);
    other.forfeit();
    expect(one.total).toBe(1);
    other.forfeit();
    expect(one.total).toBe(1);
  });

  it('should agree with a plain count whatever the order of claims, releases and deaths', () => {
    const step = fc.record({
      worker: fc.nat(2),
      action: fc.constantFrom('claim' as const, 'claim' as const, 'release' as const, 'forfeit' as const),
    });
    fc.assert(
      fc.property(fc.nat(5), fc.array(step, { maxLength: 50 }), (limit, steps) => {
        const memory = Claims.memoryFor(3);
        const held = [0, 0, 0];
        const sum = () => held.reduce((total, count) => total + count, 0);
        for (const { worker, action } of steps) {
          const claims = new Claims(memory, worker);
          const mine = held[worker]!;
          if (action === 'claim') {
            const granted = sum() < limit;
            expect(claims.claim(limit)).toBe(granted);
            if (granted) held[worker] = mine + 1;
          } else if (action === 'forfeit') {
            claims.forfeit();
            held[worker] = 0;
          } else if (mine > 0) {
            claims.release();
            held[worker] = mine - 1;
          }
          expect(claims.total).toBe(sum());
        }
      }),
    );
  });

  it('should never let two threads that claim at the same time hold more than the limit', async () => {
    // On a busy machine one may be through before the other has its turn; that race tells nothing.
    let haveMet = false;
    while (!haveMet) {
      const { results, mostHeld, left } = await race([1, 1]);
      expect(mostHeld).toBe(1);
      expect(left).toBe(0);
      haveMet = results.some(({ refused }) => refused > 0);
    }
  });

  it('should refuse nothing while there is room, whatever another thread is being refused', async () => {
    const { results, left } = await race([1, 0]);
    expect(results).toEqual([
      { granted: ROUNDS, refused: 0 },
      { granted: 0, refused: ROUNDS },
    ]);
    expect(left).toBe(0);
  });
});
