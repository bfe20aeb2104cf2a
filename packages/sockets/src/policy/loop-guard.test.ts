import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { broadcastAddress, LoopGuard } from './loop-guard.ts';

const OWN_PORT = 17_007;

describe('LoopGuard', () => {
  it('should drop source ports below 1024, known answering ports and its own port, and no other', () => {
    const guard = new LoopGuard(OWN_PORT);
    const dropped = Array.from({ length: 65_536 }, (_, port) => port).filter((port) =>
      guard.refusesPort(port),
    );
    expect(dropped).toEqual([...Array(1024).keys(), 2049, 7007, 7013, 7862, OWN_PORT]);
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '224.0.0.1',
    '239.255.255.250',
    '255.255.255.255',
    '::',
    'ff02::1',
    'ff02::1%eth0',
    'ff0e::fb',
  ])('should drop %s, which is not the address of one host', (address) => {
    expect(new LoopGuard(OWN_PORT).refusesAddress(address)).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '127.0.0.2',
    '::1',
    '10.0.0.1',
    '192.0.2.17',
    '223.255.255.255',
    '2001:db8::1',
    'fe80::1%eth0',
  ])('should answer %s', (address) => {
    expect(new LoopGuard(OWN_PORT).refusesAddress(address)).toBe(false);
  });

  it('should drop the broadcast addresses of the networks of this host', () => {
    const networks = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .flatMap(({ address, cidr }) => (isIPv4(address) && cidr ? [cidr] : []));
    const guard = new LoopGuard(OWN_PORT);
    const broadcasts = networks.flatMap((cidr) => broadcastAddress(cidr) ?? []);
    expect(broadcasts).toContain('127.255.255.255');
    for (const address of broadcasts) expect(guard.refusesAddress(address)).toBe(true);
  });

  it('should check each address independently, in any order', () => {
    const blocked = new BlockList();
    blocked.addSubnet('10.0.0.0', 30, 'ipv4');
    const guard = new LoopGuard(OWN_PORT, blocked);
    fc.assert(
      fc.property(fc.array(fc.nat(7)), (hosts) => {
        const results = hosts.map((host) => guard.refusesAddress(`10.0.0.${host}`));
        expect(results).toEqual(hosts.map((host) => host < 4));
      }),
    );
  });
});

describe('broadcastAddress', () => {
  it.each([
    ['192.0.2.17/24', '192.0.2.255'],
    ['192.0.2.17/28', '192.0.2.31'],
    ['10.1.2.3/8', '10.255.255.255'],
    ['172.17.0.1/16', '172.17.255.255'],
    ['192.0.2.4/30', '192.0.2.7'],
    ['192.0.2.4/31', undefined],
    ['192.0.2.4/32', undefined],
  ])('should be, for %s, %s', (cidr, broadcast) => {
    expect(broadcastAddress(cidr)).toBe(broadcast);
  });
});
