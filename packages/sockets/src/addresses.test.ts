import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalAddress, endpointText, plainAddress } from './addresses.ts';

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

it('should write an IPv6 endpoint so that its port can be told', () => {
  expect(endpointText({ address: '192.0.2.1', port: 7 })).toBe('192.0.2.1:7');
  expect(endpointText({ address: '2001:db8::1', port: 7 })).toBe('[2001:db8::1]:7');
});
