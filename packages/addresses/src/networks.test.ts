import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressesIn, contains } from './networks.ts';

describe('networks', () => {
  it.each(['::/0', '::/64', '::/80', '::/96'])(
    'should be of one family: %s holds no IPv4 address',
    (cidr) => {
      expect(contains(addressesIn([cidr]), '127.0.0.1')).toBe(false);
      expect(contains(addressesIn([cidr]), '::7')).toBe(true);
    },
  );

  it('should be of one family: 0.0.0.0/0 holds no IPv6 address', () => {
    const everyIpv4 = addressesIn(['0.0.0.0/0']);
    expect(contains(everyIpv4, '::1')).toBe(false);
    expect(contains(everyIpv4, '2001:db8::1')).toBe(false);
    expect(contains(everyIpv4, '0.0.0.0')).toBe(true);
    expect(contains(everyIpv4, '255.255.255.255')).toBe(true);
  });

  it.each(['::ffff:192.0.2.0/120', '::FFFF:c000:0200/120', '0:0:0:0:0:ffff:192.0.2.0/120'])(
    'should take %s for the IPv4 network it is',
    (cidr) => {
      const mapped = addressesIn([cidr]);
      expect(contains(mapped, '192.0.2.255')).toBe(true);
      expect(contains(mapped, '192.0.3.0')).toBe(false);
    },
  );

  it('should take ::ffff:0.0.0.0/96 for all of IPv4', () => {
    expect(contains(addressesIn(['::ffff:0.0.0.0/96']), '203.0.113.1')).toBe(true);
  });

  it('should ignore the host part of a network', () => {
    expect(contains(addressesIn(['192.0.2.77/24']), '192.0.2.1')).toBe(true);
    expect(contains(addressesIn(['2001:DB8::77/32']), '2001:db8:1::1')).toBe(true);
  });

  it('should hold a link-local peer, which comes with its interface', () => {
    expect(contains(addressesIn(['fe80::/10']), 'fe80::1%eth0')).toBe(true);
    expect(contains(addressesIn(['fe80::/10']), 'fec0::1%eth0')).toBe(false);
  });

  it('should hold exactly the addresses that share their first bits', () => {
    const bits = (bytes: Uint8Array): string =>
      [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const text = (bytes: Uint8Array): string =>
      bytes.length === 4
        ? bytes.join('.')
        : (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':');
    const pairs = fc.constantFrom(4, 16).chain((length) =>
      fc
        .tuple(
          // Never IPv4-mapped: that is the other family.
          fc.uint8Array({ minLength: length, maxLength: length }).filter((bytes) => bytes[0] !== 0),
          fc.nat(length * 8),
          fc.nat(length * 8 - 1),
        )
        .map(([network, prefix, flip]) => {
          const address = Uint8Array.from(network);
          const byte = Math.floor(flip / 8);
          address[byte] = (address[byte] ?? 0) ^ (0x80 >> (flip % 8));
          return { network, prefix, address };
        }),
    );
    fc.assert(
      fc.property(pairs, ({ network, prefix, address }) => {
        const list = addressesIn([`${text(network)}/${prefix}`]);
        const shared = bits(network).slice(0, prefix) === bits(address).slice(0, prefix);
        expect(contains(list, text(network))).toBe(true);
        expect(contains(list, text(address))).toBe(shared);
      }),
      { numRuns: 500 },
    );
  });
});
