import { type FaultName, type FaultSet, faultNames } from '@echo-daytime/worker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../tests/harness/random.ts';
import { type PickedFaults, pickFaults, type RandomSource } from './picked-faults.ts';

const ROLLS = 20_000;
const answer = Buffer.from('an answer of some bytes');
const always = (...names: FaultName[]): FaultSet =>
  Object.fromEntries(names.map((name) => [name, { probability: 1, ms: 50 }]));

/** The same numbers in every run. */
function seeded(seed = 7): RandomSource {
  const random = new Random(seed);
  return () => random.below(2 ** 31) / 2 ** 31;
}

function sent(fate: PickedFaults): Extract<PickedFaults, { name: 'sent' }> {
  if (fate.name !== 'sent') throw new Error(`the answer is ${fate.name}`);
  return fate;
}

describe('the fate of an answer', () => {
  it('should be to be sent as it is when there are no faults', () => {
    const fate = pickFaults(answer, {}, seeded());
    expect(fate).toEqual({
      name: 'sent',
      bytes: answer,
      copies: 1,
      isCut: false,
      delayMs: 0,
      stalls: false,
    });
    expect(sent(fate).bytes).toBe(answer);
  });

  it.each<[FaultName, (fate: PickedFaults) => unknown]>([
    ['reset', (fate) => expect(fate).toEqual({ name: 'reset' })],
    ['loss', (fate) => expect(fate).toEqual({ name: 'lost' })],
    ['duplicate', (fate) => expect(sent(fate).copies).toBe(2)],
    ['stall', (fate) => expect(sent(fate).stalls).toBe(true)],
    ['delay', (fate) => expect(sent(fate).delayMs).toBe(50)],
  ])('should be %s where that always happens', (name, check) => {
    check(pickFaults(answer, always(name), seeded()));
  });

  it.each(faultNames.filter((name) => name !== 'refuse'))(
    'should be hit by %s as often as its probability says',
    (name) => {
      const probability = 0.2;
      const plain = JSON.stringify(pickFaults(answer, {}, seeded()));
      const random = seeded(faultNames.indexOf(name));
      let hits = 0;
      for (let roll = 0; roll < ROLLS; roll += 1) {
        const fate = pickFaults(answer, { [name]: { probability, ms: 10 } }, random);
        if (JSON.stringify(fate) !== plain) hits += 1;
      }
      // Six standard deviations of a binomial distribution.
      const tolerance = 6 * Math.sqrt(ROLLS * probability * (1 - probability));
      expect(Math.abs(hits - ROLLS * probability)).toBeLessThan(tolerance);
    },
  );

  it('should roll every fault by itself', () => {
    const half = { probability: 0.5, ms: 10 };
    const random = seeded();
    const seen = new Set<string>();
    for (let roll = 0; roll < 2_000; roll += 1) {
      const { copies, isCut, delayMs, bytes } = sent(
        pickFaults(answer, { duplicate: half, truncate: half, delay: half, corrupt: half }, random),
      );
      const isCorrupt = !answer.subarray(0, bytes.length).equals(bytes);
      seen.add([copies, isCut, delayMs, isCorrupt].join());
    }
    expect(seen.size).toBe(16);
  });

  it('should never be another fault when the connection is reset or the answer lost', () => {
    expect(pickFaults(answer, always(...faultNames), seeded())).toEqual({ name: 'reset' });
    expect(pickFaults(answer, always('loss', 'delay', 'duplicate'), seeded())).toEqual({ name: 'lost' });
  });

  it('should change exactly one byte of a corrupt answer, and leave the original as it was', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.integer(), (bytes, seed) => {
        const before = Uint8Array.from(bytes);
        const damaged = sent(pickFaults(bytes, always('corrupt'), seeded(seed))).bytes;
        expect(bytes).toEqual(before);
        expect(damaged.length).toBe(bytes.length);
        expect(bytes.filter((byte, index) => byte !== damaged[index])).toHaveLength(1);
      }),
    );
  });

  it('should never turn one digit into another', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,30}$/), fc.integer(), (digits, seed) => {
        const { bytes } = sent(pickFaults(Buffer.from(digits), always('corrupt'), seeded(seed)));
        expect(Buffer.from(bytes).toString('latin1')).not.toMatch(/^\d+$/);
      }),
    );
  });

  it('should be the first half of a truncated answer', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const fate = sent(pickFaults(bytes, always('truncate'), seeded()));
        expect(fate.isCut).toBe(true);
        expect(fate.bytes).toEqual(bytes.subarray(0, Math.floor(bytes.length / 2)));
      }),
    );
  });

  it('should add a jitter from 0 to its duration, evenly, to the delay', () => {
    const random = seeded();
    const faults = { delay: { probability: 1, ms: 100 }, jitter: { probability: 1, ms: 20 } };
    const waits = Array.from({ length: ROLLS }, () => sent(pickFaults(answer, faults, random)).delayMs);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...waits)).toBeLessThan(120);
    const quarters = [0, 0, 0, 0];
    for (const wait of waits) quarters[Math.floor((wait - 100) / 5)]! += 1;
    for (const count of quarters) expect(Math.abs(count - ROLLS / 4)).toBeLessThan(ROLLS / 50);
  });

  it('should leave an answer without bytes as it is', () => {
    const { bytes, copies } = sent(pickFaults(Buffer.alloc(0), always('corrupt', 'truncate'), seeded()));
    expect([bytes.length, copies]).toEqual([0, 1]);
  });
});
