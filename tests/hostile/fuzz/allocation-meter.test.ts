import { describe, expect, it } from 'vitest';
import { AllocationMeter } from './allocation-meter.ts';
import { ways } from './fixtures/allocating-parser.ts';
import { runExplorer } from './run-explorer.ts';

const exploration = {
  parserUrl: new URL('./fixtures/allocating-parser.ts', import.meta.url).href,
  ...{ seed: 1, corpus: [], inputs: 0, seconds: 60, leastInputs: 0, hangSeconds: 30 },
};

describe('what one input allocates', () => {
  it.each(Object.keys(ways))('should be found where it is too much: %s', async (way) => {
    const { findings } = await runExplorer({ ...exploration, corpus: [way] });
    expect(findings).toEqual([
      {
        input: way,
        what: expect.stringMatching(
          way === 'numbers in the heap'
            ? /^took \d+ ms and \d{8,} bytes of heap for \d+ bytes$/
            : /^allocated \d{7} bytes outside of the heap for an input of \d+$/,
        ),
      },
    ]);
  });

  it('should be nothing to find where it is in proportion', async () => {
    expect((await runExplorer({ ...exploration, corpus: ['x'.repeat(60)], inputs: 2_000 })).findings).toEqual(
      [],
    );
  });
});

describe('the meter', () => {
  it('should count every byte of what is made, and no view of it', () => {
    using meter = new AllocationMeter();
    const mark = meter.mark();
    const bytes = new ArrayBuffer(3_000_000);
    const view = new Uint8Array(bytes);
    Buffer.from(bytes);
    Buffer.from(view.subarray(1));
    expect(view).toBeInstanceOf(Uint8Array);
    expect(meter.since(mark).outside).toBeGreaterThanOrEqual(5_999_999);
    expect(meter.since(mark).outside).toBeLessThan(6_500_000);
  });

  it('should leave everything as it was', () => {
    const before = [Buffer.alloc, Buffer.allocUnsafeSlow, Uint8Array, ArrayBuffer];
    new AllocationMeter()[Symbol.dispose]();
    expect([Buffer.alloc, Buffer.allocUnsafeSlow, Uint8Array, ArrayBuffer]).toEqual(before);
  });
});
