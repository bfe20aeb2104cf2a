import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { skipFor } from '../../../../tests/harness/skip-for.ts';
import { kernelHex } from './kernel.ts';

const bigEndian = endianness() === 'LE' ? undefined : 'the forms below are of little-endian machines';

describe('an address in the hex form of the kernel', skipFor(bigEndian), () => {
  it.each([
    ['127.0.0.1', '0100007F'],
    ['0.0.0.0', '00000000'],
    ['192.0.2.7', '070200C0'],
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000001000000'],
    ['2001:db8::7', 'B80D0120000000000000000007000000'],
    ['2001:db8:1:2:3:4:5:6', 'B80D0120020001000400030006000500'],
    ['fe80::1%eth0', '000080FE000000000000000001000000'],
    ['::ffff:127.0.0.1', '0100007F'],
  ])('should be for %s %s', (address, hex) => {
    expect(kernelHex(address)).toBe(hex);
  });
});
