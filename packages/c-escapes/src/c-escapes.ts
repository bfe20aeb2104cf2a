const SIMPLE: Readonly<Record<string, number>> = {
  '0': 0x00,
  a: 0x07,
  b: 0x08,
  t: 0x09,
  n: 0x0a,
  v: 0x0b,
  f: 0x0c,
  r: 0x0d,
  e: 0x1b,
  '\\': 0x5c,
  "'": 0x27,
  '"': 0x22,
};

/** Shown by their letter; every other control character is shown as `\xHH`. */
const SHOWN_LETTERS: Readonly<Record<string, string>> = {
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
  '\\': '\\\\',
};

/**
 * Text with the escapes of C as bytes, so that any bytes at all can be written down: `\t`, `\r\n`, `\x1e`, `\0`.
 *
 * Octal numbers are refused rather than read as NUL and digits.
 *
 * @throws Error that shows the bad escape and lists what is allowed
 */
export function unescapeC(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const [piece, sequence] of text.matchAll(/\\(x[0-9a-fA-F]{2}|0[0-9]+|[\s\S]?)|[^\\]+/gu)) {
    parts.push(sequence === undefined ? Buffer.from(piece) : Buffer.from([byteOf(sequence)]));
  }
  return Buffer.concat(parts);
}

/** Bytes as text that `unescapeC` reads back. Everything but printable UTF-8 is escaped, so that it cannot control a terminal. */
export function escapeC(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    const character = bytes.subarray(at, at + Math.max(1, length));
    const shown = character.toString();
    const letter = SHOWN_LETTERS[shown];
    text += letter ?? (length === 0 || /\p{C}/u.test(shown) ? hex(character) : shown);
    at += character.length;
  }
  return text;
}

/** Bytes of the UTF-8 character that starts at `at`; 0 when none does. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length += 1) {
    const character = bytes.subarray(at, at + length);
    if ([...character.toString()].length === 1 && Buffer.from(character.toString()).equals(character)) {
      return length;
    }
  }
  return 0;
}

function hex(bytes: Buffer): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

function byteOf(sequence: string): number {
  const byte = /^x./.test(sequence) ? Number.parseInt(sequence.slice(1), 16) : SIMPLE[sequence];
  if (byte === undefined) {
    const allowed = Object.keys(SIMPLE).map((letter) => `\\${letter}`);
    throw new Error(`must not hold ${`\\${sequence}`}: the escapes are ${allowed.join(' ')} and \\xHH`);
  }
  return byte;
}
