import { type FaultName, type FaultSet, faultNames } from '@echo-daytime/worker';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../../../tests/harness/random.ts';
import { type PickedFaults, pickFaults, type RandomSource } from './picked-faults.ts';

const ROLLS = 20_000;
const reply = Buffer.from('a reply of some bytes');
const always = (...names: FaultName[]): FaultSet =>
  Object.fromEntries(names.map((name) => [name, { probability: 1, ms: 50 }]));

/** The same numbers in every run. */
function seeded(seed = 7): RandomSource {
  const random = new Random(seed);
  return () => random.below(2 ** 31) / 2 ** 31;
}

function sent(picked: PickedFaults): Extract<PickedFaults, { name: 'sent' }> {
  if (picked.name !== 'sent') throw new Error(`the reply is ${picked.name}`);
  return picked;
}

describe('the fault picked for a reply', () => {
  it('should be none without faults', () => {
    const picked = pickFaults(reply, {}, seeded());
    expect(picked).toEqual({
      name: 'sent',
      bytes: reply,
      copies: 1,
      isCut: false,
      delayMs: 0,
      stalls: false,
    });
    expect(sent(picked).bytes).toBe(reply);
  });

  it.each<[FaultName, (picked: PickedFaults) => unknown]>([
    ['reset', (picked) => expect(picked).toEqual({ name: 'reset' })],
    ['loss', (picked) => expect(picked).toEqual({ name: 'lost' })],
    ['duplicate', (picked) => expect(sent(picked).copies).toBe(2)],
    ['stall', (picked) => expect(sent(picked).stalls).toBe(true)],
    ['delay', (picked) => expect(sent(picked).delayMs).toBe(50)],
  ])('should be %s at probability 1', (name, check) => {
    check(pickFaults(reply, always(name), seeded()));
  });

  it.each(faultNames.filter((name) => name !== 'refuse'))(
    'should be %s as often as its probability says',
    (name) => {
      const probability = 0.2;
      const plain = JSON.stringify(pickFaults(reply, {}, seeded()));
      const random = seeded(faultNames.indexOf(name));
      let hits = 0;
      for (let roll = 0; roll < ROLLS; roll += 1) {
        const picked = pickFaults(reply, { [name]: { probability, ms: 10 } }, random);
        if (JSON.stringify(picked) !== plain) hits += 1;
      }
      // Six standard deviations of a binomial distribution.
      const tolerance = 6 * Math.sqrt(ROLLS * probability * (1 - probability));
      expect(Math.abs(hits - ROLLS * probability)).toBeLessThan(tolerance);
    },
  );

  it('should be picked for each fault independently', () => {
    const half = { probability: 0.5, ms: 10 };
    const random = seeded();
    const seen = new Set<string>();
    for (let roll = 0; roll < 2_000; roll += 1) {
      const { copies, isCut, delayMs, bytes } = sent(
        pickFaults(reply, { duplicate: half, truncate: half, delay: half, corrupt: half }, random),
      );
      const isCorrupt = !reply.subarray(0, bytes.length).equals(bytes);
      seen.add([copies, isCut, delayMs, isCorrupt].join());
    }
    expect(seen.size).toBe(16);
  });

  it('should never be combined with a reset or a lost reply', () => {
    expect(pickFaults(reply, always(...faultNames), seeded())).toEqual({ name: 'reset' });
    expect(pickFaults(reply, always('loss', 'delay', 'duplicate'), seeded())).toEqual({ name: 'lost' });
  });

  it('should change exactly one byte of a corrupt reply, and not the original', () => {
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

  it('should leave the first half of a truncated reply', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const picked = sent(pickFaults(bytes, always('truncate'), seeded()));
        expect(picked.isCut).toBe(true);
        expect(picked.bytes).toEqual(bytes.subarray(0, Math.floor(bytes.length / 2)));
      }),
    );
  });

  it('should add a jitter from 0 to its duration, evenly, to the delay', () => {
    const random = seeded();
    const faults = { delay: { probability: 1, ms: 100 }, jitter: { probability: 1, ms: 20 } };
    const waits = Array.from({ length: ROLLS }, () => sent(pickFaults(reply, faults, random)).delayMs);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...waits)).toBeLessThan(120);
    const quarters = [0, 0, 0, 0];
    for (const wait of waits) quarters[Math.floor((wait - 100) / 5)]! += 1;
    for (const count of quarters) expect(Math.abs(count - ROLLS / 4)).toBeLessThan(ROLLS / 50);
  });

  it('should not change an empty reply', () => {
    const { bytes, copies } = sent(pickFaults(Buffer.alloc(0), always('corrupt', 'truncate'), seeded()));
    expect([bytes.length, copies]).toEqual([0, 1]);
  });
});
