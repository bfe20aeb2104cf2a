import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { canonicalAddress, readAddress } from './ip-address.ts';
import { addressesIn, contains } from './networks.ts';

/** Link-local addresses, RFC 4291 sections 2.5.6 and 2.7: the same address exists on every link, and the zone names the link. */
const LINK_LOCAL = addressesIn(['fe80::/10', 'ff02::/16']);
/** All addresses of this network belong to the host, though its loopback interface lists only one. */
const LOOPBACK = addressesIn(['127.0.0.0/8']);

export function isLinkLocal(address: string): boolean {
  return contains(LINK_LOCAL, address);
}

/** Whether an address belongs to this host (strictly: to this network namespace). */
export function isLocalAddress(address: string): boolean {
  return contains(LOOPBACK, address) || interfaceWith(address) !== undefined;
}

/** The interface that has an address. For an address with a zone, only the interface that the zone names counts. */
export function interfaceWith(text: string): string | undefined {
  const { address, zone } = readAddress(text) ?? { address: text };
  const plain = withoutZone(address);
  return namesWhere(
    (own, name) => canonicalAddress(own.address) === plain && (zone === undefined || zone === name),
  )[0];
}

/** The interface with an index. */
export function interfaceAt(index: number): string | undefined {
  return namesWhere((own) => own.family === 'IPv6' && own.scopeid === index)[0];
}

export function linkLocalInterfaces(): string[] {
  return namesWhere(({ address }) => isLinkLocal(address));
}

/** All interfaces of this network namespace. On Linux, interfaces that are down or have no address are included. */
export function interfaceNames(): string[] {
  const names = namesWhere(() => true);
  try {
    const lines = readFileSync('/proc/net/dev', 'utf8').split('\n');
    names.push(...lines.flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []));
  } catch {
    // No /proc/net/dev on this system.
  }
  return [...new Set(names)];
}

/** `fe80::1%eth0` → `fe80::1` */
export function withoutZone(address: string): string {
  return address.replace(/%.*/, '');
}

function namesWhere(matches: (own: NetworkInterfaceInfo, name: string) => boolean): string[] {
  return Object.entries(networkInterfaces()).flatMap(([alias, list = []]) => {
    // An alias such as eth0:1 is the same device.
    const name = alias.replace(/:.*/, '');
    return list.some((own) => matches(own, name)) ? [name] : [];
  });
}
