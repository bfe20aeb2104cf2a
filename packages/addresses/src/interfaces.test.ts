import { describe, expect, it } from 'vitest';
import { interfaceNames, interfaceWith, isLinkLocal, isLocalAddress } from './interfaces.ts';

const loopback = interfaceWith('127.0.0.1');

describe('an address of this host', () => {
  it.each(['127.0.0.1', '127.200.0.1', '::ffff:127.0.0.1', '::ffff:7fc8:1'])(
    'should be recognized: %s',
    (address) => {
      expect(isLocalAddress(address)).toBe(true);
    },
  );

  it.each(['192.0.2.7', '2001:db8::7', '::ffff:192.0.2.7', 'fe80::7%gone', ''])(
    'should be distinguished from %j',
    (address) => {
      expect(isLocalAddress(address)).toBe(false);
    },
  );

  it('should be found at its interface, however it is written, and at no other', () => {
    expect(interfaceNames()).toContain(loopback);
    expect(interfaceWith('::ffff:7f00:1')).toBe(loopback);

    if (isLocalAddress('::1')) {
      expect(interfaceWith('0:0::0:1')).toBe(loopback);
      expect(interfaceWith(`::1%${loopback}`)).toBe(loopback);
      expect(interfaceWith('::1%gone')).toBeUndefined();
    }
  });
});

it('should recognize link-local addresses', () => {
  expect(['fe80::1', 'FEBF:0::1%eth0', 'ff02::1'].filter(isLinkLocal)).toHaveLength(3);
  expect(['fec0::1', '2001:db8::fe80', '::1', '169.254.0.1', 'ff05::1'].filter(isLinkLocal)).toEqual([]);
});
