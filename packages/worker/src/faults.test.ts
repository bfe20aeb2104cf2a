import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FaultWriting } from '../test/fixtures/fault-writer.ts';
import { type FaultSet, faultNames, SharedFaults } from './faults.ts';

const fault = fc.record({
  probability: fc.double({ min: 0.000_001, max: 1, noNaN: true }),
  ms: fc.integer({ min: 0, max: 60_000 }),
});
const faultSet: fc.Arbitrary<FaultSet> = fc.dictionary(fc.constantFrom(...faultNames), fault);

describe('shared faults', () => {
  it('should be none at first', () => {
    expect(new SharedFaults(SharedFaults.memory()).current).toEqual({});
  });

  it('should be read as last written by every reader of the memory', () => {
    fc.assert(
      fc.property(fc.array(faultSet, { minLength: 1 }), (sets) => {
        const memory = SharedFaults.memory();
        const early = new SharedFaults(memory);
        for (const set of sets) {
          new SharedFaults(memory).write(set);
          expect(early.current).toEqual(set);
        }
        expect(new SharedFaults(memory).current).toEqual(sets.at(-1));
      }),
    );
  });

  it('should never be a mix of two sets', async () => {
    const of = (value: number): FaultSet =>
      Object.fromEntries(faultNames.map((name) => [name, { probability: 1 / value, ms: value }]));
    const sets = [of(1), of(2), of(3)];
    const memory = SharedFaults.memory();
    const faults = new SharedFaults(memory);
    const writing: FaultWriting = { memory, sets, rounds: 100_000 };
    const writer = new Worker(new URL('../test/fixtures/fault-writer.ts', import.meta.url), {
      workerData: writing,
    });
    let isDone = false;
    void once(writer, 'exit').then(() => {
      isDone = true;
    });
    const seen = new Set<string>();
    while (!isDone) {
      for (let reads = 0; reads < 1_000; reads += 1) seen.add(JSON.stringify(faults.current));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(faults.current).toEqual(sets.at(-1));
    const possible = ['{}', ...sets.map((set) => JSON.stringify(set))];
    expect([...seen].filter((text) => !possible.includes(text))).toEqual([]);
  });
});
