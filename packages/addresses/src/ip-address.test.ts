import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addressBytes, canonicalAddress, plainAddress, readAddress } from './ip-address.ts';

it('should show every IPv4 peer of a dual-stack socket by its own address', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(plainAddress(`::ffff:${address}`)).toBe(address);
      expect(plainAddress(address)).toBe(address);
    }),
  );
});

it.each(['::1', '::', '2001:db8::1', 'fe80::1%eth0', '::ffff:c000:201', '64:ff9b::192.0.2.1', ''])(
  'should leave %j as it is',
  (address) => {
    expect(plainAddress(address)).toBe(address);
  },
);

it.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::FFFF:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:201', '192.0.2.1'],
  ['2001:DB8::A', '2001:db8::a'],
  ['2001:0db8:0000:0000:0000:0000:0000:000a', '2001:db8::a'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['0::0', '::'],
])('should write %s as %s', (address, canonical) => {
  expect(canonicalAddress(address)).toBe(canonical);
});

it.each([
  { text: '::ffff:7f00:1', address: '127.0.0.1', family: 4 },
  { text: '::0001', address: '::1', family: 6 },
  { text: 'FE80:0::7%eth0', address: 'fe80::7%eth0', family: 6, zone: 'eth0' },
])('should read $text', ({ text, ...read }) => {
  expect(readAddress(text)).toEqual(read);
});

it.each(['', 'localhost', '1.2.3', '::1%', '[::1]', 'fe80::1%e h'])(
  'should read no address in %j',
  (text) => {
    expect(readAddress(text)).toBeUndefined();
  },
);

it('should give the bytes of every address, however it is written', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const bytes = addressBytes(text);
      const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
      if (bytes.length === 16) expect(canonicalAddress(groups.join(':'))).toBe(canonicalAddress(text));
      else expect(canonicalAddress(text)).toBe(bytes.join('.'));
    }),
  );
});

it.each([
  ['192.0.2.1', 'c0000201'],
  ['::ffff:192.0.2.1', 'c0000201'],
  ['::1%lo', '00000000000000000000000000000001'],
  ['::192.0.2.1', '000000000000000000000000c0000201'],
  ['2001:db8::', '20010db8000000000000000000000000'],
])('should have the bytes of %s', (address, hex) => {
  expect(addressBytes(address).toString('hex')).toBe(hex);
});
