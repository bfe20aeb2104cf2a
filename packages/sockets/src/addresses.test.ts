import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plainAddress } from './addresses.ts';

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
