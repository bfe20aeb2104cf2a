import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { canonicalAddress, readAddress } from './ip-address.ts';
import { addressesIn, contains } from './networks.ts';

/** Addresses that every link has for itself, RFC 4291 sections 2.5.6 and 2.7: only a zone says which link. */
const LINK_LOCAL = addressesIn(['fe80::/10', 'ff02::/16']);
/** All of them are this host's, though its loopback interface lists one only. */
const LOOPBACK = addressesIn(['127.0.0.0/8']);

export function isLinkLocal(address: string): boolean {
  return contains(LINK_LOCAL, address);
}

/** Whether an address is one of this host, or to be precise of this network namespace. */
export function isLocalAddress(address: string): boolean {
  return contains(LOOPBACK, address) || interfaceWith(address) !== undefined;
}

/** The interface that has an address; with a zone, the one that the zone names or none. */
export function interfaceWith(text: string): string | undefined {
  const { address, zone } = readAddress(text) ?? { address: text };
  const plain = withoutZone(address);
  return namesWhere(
    (own, name) => canonicalAddress(own.address) === plain && (zone === undefined || zone === name),
  )[0];
}

/** The interface of a number. */
export function interfaceAt(index: number): string | undefined {
  return namesWhere((own) => own.family === 'IPv6' && own.scopeid === index)[0];
}

export function linkLocalInterfaces(): string[] {
  return namesWhere(({ address }) => isLinkLocal(address));
}

/** All of this network namespace, those too that are down or have no address, where the system tells. */
export function interfaceNames(): string[] {
  const names = namesWhere(() => true);
  try {
    const lines = readFileSync('/proc/net/dev', 'utf8').split('\n');
    names.push(...lines.flatMap((line) => /^\s*([^:\s]+):/.exec(line)?.[1] ?? []));
  } catch {
    // Not on this system.
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
