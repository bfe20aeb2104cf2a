import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponderValue, readResponder } from './responder.ts';

const printable = fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code));
const field = fc.string({ unit: printable, minLength: 1, maxLength: 40 });
const fields = fc.array(field, { minLength: 1, maxLength: 4 });

describe('who answers', () => {
  it('should come back in as many whole fields as there is room for, and nothing beside it be touched', () => {
    fc.assert(
      fc.property(fields, fc.nat(200), fc.nat(9), (written, room, at) => {
        const bytes = new Uint8Array(at + room + 5).fill(0xee);
        const value = bytes.subarray(at, at + room);
        const whole = written
          .map((_, index) => written.slice(0, index + 1).join(' '))
          .findLast(({ length }) => length <= room);
        expect(new ResponderValue(written.join(' ')).write(bytes, at, room)).toBe(whole !== undefined);
        expect(readResponder(value)).toBe(whole);
        if (whole === undefined) expect(value.every((byte) => byte === 0xee)).toBe(true);
        else expect(value.subarray(whole.length).every((byte) => byte === 0)).toBe(true);
        expect(bytes.subarray(0, at).every((byte) => byte === 0xee)).toBe(true);
        expect(bytes.subarray(at + room).every((byte) => byte === 0xee)).toBe(true);
      }),
    );
  });

  it('should be read from any bytes, and be printable', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (value) => {
        expect(readResponder(value) ?? 'none').toMatch(/^[!-~]+( [!-~]+)*$/);
      }),
    );
  });

  it.each(['', ' ', 'pod=a ', 'pod=a  node=b', 'pod=é', 'pod=a\n'])('should not be %j', (text) => {
    expect(() => new ResponderValue(text)).toThrow('must be fields of printable ASCII');
    expect(readResponder(Buffer.from(text, 'latin1'))).toBeUndefined();
  });
});
