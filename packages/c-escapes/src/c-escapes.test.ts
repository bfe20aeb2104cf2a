import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeC, unescapeC } from './c-escapes.ts';

/** The escapes of C, and `\e`, an extension that every compiler has. */
const LETTERS: readonly (readonly [letter: string, byte: number])[] = [
  ['0', 0],
  ['a', 7],
  ['b', 8],
  ['t', 9],
  ['n', 10],
  ['v', 11],
  ['f', 12],
  ['r', 13],
  ['e', 27],
  ['"', 34],
  ["'", 39],
  ['\\', 92],
];

const hexByte = fc.record({ byte: fc.nat(255), upperCase: fc.boolean() }).map(({ byte, upperCase }) => {
  const digits = byte.toString(16).padStart(2, '0');
  return { text: `\\x${upperCase ? digits.toUpperCase() : digits}`, bytes: Buffer.from([byte]) };
});
// A digit after \0 would be a mistaken octal number.
const letter = fc.constantFrom(...LETTERS.slice(1)).map(([name, byte]) => ({
  text: `\\${name}`,
  bytes: Buffer.from([byte]),
}));
const plain = fc
  .string({ unit: 'grapheme' })
  .filter((text) => !text.includes('\\'))
  .map((text) => ({ text, bytes: Buffer.from(text) }));

describe('C escapes', () => {
  it.each(LETTERS)('should read \\%s as the byte %i', (name, byte) => {
    expect([...unescapeC(`<\\${name}>`)]).toEqual([0x3c, byte, 0x3e]);
  });

  it('should give any bytes through \\xHH', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
        expect([...unescapeC(text)]).toEqual([...bytes]);
      }),
    );
  });

  it('should read any mixture of escapes and plain text, which is UTF-8', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(hexByte, letter, plain)), (pieces) => {
        const text = pieces.map((piece) => piece.text).join('');
        const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
        expect(unescapeC(text).equals(bytes)).toBe(true);
      }),
    );
  });

  it.each([
    { text: '\\q', shown: '\\q' },
    { text: 'a\\', shown: '\\' },
    { text: '\\x4', shown: '\\x' },
    { text: '\\xg0', shown: '\\x' },
    { text: '\\u0041', shown: '\\u' },
    { text: '\\T', shown: '\\T' },
    { text: '\\😀', shown: '\\😀' },
    { text: 'fine: \\t, not fine: \\d', shown: '\\d' },
    // C reads an octal number here, and a NUL followed by two digits is hardly meant.
    { text: '\\012', shown: '\\012' },
    { text: '\\033[1m', shown: '\\033' },
    { text: '\\12', shown: '\\1' },
  ])('should refuse $text and list what is allowed', ({ text, shown }) => {
    expect(() => unescapeC(text)).toThrow(
      new Error(
        `must not hold ${shown}: the escapes are \\0 \\a \\b \\t \\n \\v \\f \\r \\e \\\\ \\' \\" and \\xHH`,
      ),
    );
  });

  it('should take a NUL before anything but a digit', () => {
    expect([...unescapeC('\\0\\0a\\x001')]).toEqual([0, 0, 0x61, 0, 0x31]);
  });
});

describe('shown bytes', () => {
  it('should read back as the bytes they were', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect([...unescapeC(escapeC(Buffer.from(bytes)))]).toEqual([...bytes]);
      }),
    );
  });

  it.each([
    { text: 'HTTP/1.0 200 OK\r\n', shown: 'HTTP/1.0 200 OK\\r\\n' },
    { text: 'Grüße, 世界 😀', shown: 'Grüße, 世界 😀' },
    { text: 'C:\\', shown: 'C:\\\\' },
    { text: '\u001b[2J', shown: '\\x1b[2J' },
    // Control characters that UTF-8 encodes in two bytes also control some terminals.
    { text: '\u009b2J', shown: '\\xc2\\x9b2J' },
    { text: '\u202etxt', shown: '\\xe2\\x80\\xaetxt' },
  ])('should be $shown', ({ text, shown }) => {
    expect(escapeC(Buffer.from(text))).toBe(shown);
  });

  it('should escape bytes that are not UTF-8 and leave the text around them', () => {
    expect(escapeC(Buffer.from([0x61, 0xff, 0xc3, 0xa4, 0xc3, 0x62]))).toBe('a\\xffä\\xc3b');
  });

  it('should hold nothing that a terminal takes for a command', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(escapeC(Buffer.from(bytes))).not.toMatch(/\p{C}/u);
      }),
    );
  });
});
