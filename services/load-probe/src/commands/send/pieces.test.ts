import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PieceCutter, type ReadMode } from './pieces.ts';

function cut(mode: ReadMode, chunks: readonly Buffer[]): Buffer[] {
  const cutter = new PieceCutter(mode);
  return [...chunks.flatMap((chunk) => cutter.push(chunk)), ...cutter.end()];
}

const stream = fc.array(fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)));
const modes = fc.constantFrom<ReadMode>('all', 'line', 1, 10, 1_000);

describe('pieces', () => {
  it('should together be the stream, in every read mode', () => {
    fc.assert(
      fc.property(stream, modes, (chunks, mode) => {
        expect(Buffer.concat(cut(mode, chunks)).equals(Buffer.concat(chunks))).toBe(true);
      }),
    );
  });

  it('should be lines, however the stream is divided into chunks', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r') });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 5 }), (whole, size) => {
        const chunks = whole.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? [];
        const lines = cut(
          'line',
          chunks.map((chunk) => Buffer.from(chunk)),
        ).map(String);
        expect(lines).toEqual(whole.match(/[^\n]*\n|[^\n]+$/g) ?? []);
      }),
    );
  });

  it('should be no larger than asked for', () => {
    expect(cut(10, [Buffer.alloc(25), Buffer.alloc(3)]).map(({ length }) => length)).toEqual([10, 10, 5, 3]);
  });

  it('should divide a line that never ends into parts', () => {
    const sizes = cut('line', [Buffer.alloc(100_000, 'x'), Buffer.alloc(100_000, 'x')]).map(
      ({ length }) => length,
    );
    expect(sizes).toEqual([65_536, 65_536, 65_536, 3_392]);
  });
});
