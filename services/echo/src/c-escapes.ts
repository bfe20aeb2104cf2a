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

/**
 * Text with the escapes of C as bytes, so that a delimiter can be any bytes at all: `\t`, `\r\n`, `\x1e`, `\0`.
 *
 * Octal numbers are refused rather than read as NUL and digits.
 *
 * @throws Error that shows the bad escape and lists what is allowed
 */
export function unescapeC(text: string): Buffer {
  const parts: Buffer[] = [];
  for (const [piece, sequence] of text.matchAll(/\\(x[0-9a-fA-F]{2}|0[0-9]+|[\s\S]?)|[^\\]+/gu)) {
    if (sequence === undefined) parts.push(Buffer.from(piece));
    else parts.push(Buffer.from([byteOf(sequence)]));
  }
  return Buffer.concat(parts);
}

function byteOf(sequence: string): number {
  const byte = /^x./.test(sequence) ? Number.parseInt(sequence.slice(1), 16) : SIMPLE[sequence];
  if (byte === undefined) {
    const allowed = Object.keys(SIMPLE).map((letter) => `\\${letter}`);
    throw new Error(`must not hold ${`\\${sequence}`}: the escapes are ${allowed.join(' ')} and \\xHH`);
  }
  return byte;
}
