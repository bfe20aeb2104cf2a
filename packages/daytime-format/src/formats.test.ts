import { describe, expect, it } from 'vitest';
import { formatDescriptions, formats, isFormatName } from './formats.ts';

describe('formats', () => {
  it('should list every format in the order shown to people', () => {
    expect(formats).toEqual([
      'timestamp',
      'timestamp-ms',
      'timestamp-ns',
      'rfc867',
      'smtp',
      'ctime',
      'iso8601',
      'nist',
      'go',
    ]);
  });

  it('should describe every format in one line of printable ASCII', () => {
    for (const name of formats) expect(formatDescriptions[name]).toMatch(/^[\x20-\x7e]{10,80}$/);
  });

  it('should distinguish format names from other text', () => {
    for (const name of formats) expect(isFormatName(name)).toBe(true);
    for (const text of ['', 'RFC867', 'ctime ', 'toString', '__proto__'])
      expect(isFormatName(text)).toBe(false);
  });
});
