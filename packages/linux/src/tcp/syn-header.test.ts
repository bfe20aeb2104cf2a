import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSynHeader } from './syn-header.ts';

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
/** MSS 1460, SACK, timestamps, padding, window scale 7. */
const OPTIONS = '020405b4 0402 080a 0000000100000000 01 030307';
const tcp = (options = OPTIONS, words = 'a', flags = '02'): string =>
  `9c40 1b66 00000001 00000000 ${words}0 ${flags} faf0 0000 0000 ${options}`;
const IPV4 = '45 b8 003c 0000 4000 3d 06 0000 c0000201 c0000202';
const ADDRESSES = `${'20010db8000000000000000000000001'}${'20010db8000000000000000000000002'}`;
const IPV6 = `6b 80 0000 0028 06 3d ${ADDRESSES}`;
const ALL = { ttl: 61, dscp: 46, mss: 1460, windowScale: 7, sack: true, timestamps: true };
const NONE = { mss: undefined, windowScale: undefined, sack: false, timestamps: false };

describe('readSynHeader', () => {
  it.each([
    ['IPv4', IPV4 + tcp(), ALL],
    ['IPv4 with options', `46${IPV4.slice(2)} 01010101 ${tcp()}`, ALL],
    ['IPv6', IPV6 + tcp(), ALL],
    [
      'IPv6 with two extensions',
      `${IPV6.replace('28 06', '28 00')} 2b00 010400000000 0600 010400000000 ${tcp()}`,
      ALL,
    ],
    ['no options', IPV4 + tcp('', '5'), { ...ALL, ...NONE }],
    ['options that were replaced by padding', IPV4 + tcp('01010101 01010101', '7'), { ...ALL, ...NONE }],
    ['unknown options', IPV4 + tcp('fe04f989 020405b4', '7'), { ...ALL, ...NONE, mss: 1460 }],
    [
      'bytes after the end of the options',
      IPV4 + tcp('020405b4 00 ffffff', '7'),
      { ...ALL, ...NONE, mss: 1460 },
    ],
  ])('should read %s', (_, hex, expected) => {
    expect(readSynHeader(bytesOf(hex))).toEqual(expected);
  });

  it.each([
    ['nothing', ''],
    ['another version', `55${IPV4.slice(2)}${tcp()}`],
    ['an IPv4 header that is too short', `44${IPV4.slice(2)}${tcp()}`],
    ['another protocol', IPV4.replace('3d 06', '3d 11') + tcp()],
    ['IPv6 with another protocol', IPV6.replace('28 06', '28 3a') + tcp()],
    ['an IPv6 extension that is longer than the bytes', `${IPV6.replace('28 06', '28 00')} 06ff ${tcp()}`],
    ['a segment that is no SYN', IPV4 + tcp(OPTIONS, 'a', '10')],
    ['a TCP header that is too short', IPV4 + tcp(OPTIONS, '4')],
    ['a TCP header that is longer than the bytes', IPV4 + tcp(OPTIONS, 'f')],
    ['an option without a length', IPV4 + tcp('01010102', '6')],
    ['an option of length 0', IPV4 + tcp('02000000', '6')],
    ['an option that is longer than the header', IPV4 + tcp('080a0000', '6')],
    ['an option of a wrong length', IPV4 + tcp('02030505', '6')],
  ])('should not read %s', (_, hex) => {
    expect(readSynHeader(bytesOf(hex))).toBeUndefined();
  });

  it('should end for any bytes, cut anywhere', () => {
    const header = fc.constantFrom(IPV4 + tcp(), IPV6 + tcp()).map((hex) => [...bytesOf(hex)]);
    const changes = fc.array(fc.tuple(fc.nat(99), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(header, changes, fc.nat(100), (bytes, changed, length) => {
        for (const [at, value] of changed) bytes[at % bytes.length] = value;
        const found = readSynHeader(Uint8Array.from(bytes.slice(0, length)));
        if (found) expect(Object.keys(found).sort()).toEqual(Object.keys(ALL).sort());
      }),
    );
  });
});
