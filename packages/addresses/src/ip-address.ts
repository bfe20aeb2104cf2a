import { isIP, SocketAddress } from 'node:net';

export interface IpAddress {
  /** In the form of RFC 5952, with its zone: one text for every way to write the address. */
  readonly address: string;
  /** 4 for an IPv4-mapped IPv6 address too (RFC 4291, 2.5.5.2), because its packets are IPv4 packets. */
  readonly family: 4 | 6;
  /** The interface behind which the address is, as in `fe80::1%eth0` (RFC 4007). */
  readonly zone?: string;
}

const V4_MAPPED = '::ffff:';

/** @returns undefined when the text is no address */
export function readAddress(text: string): IpAddress | undefined {
  const family = isIP(text);
  if (family === 4) return { address: text, family };
  if (family !== 6) return undefined;
  const [written = '', zone] = text.split('%');
  const address = plainAddress(new SocketAddress({ address: written, family: 'ipv6' }).address);
  const isIPv6 = address.includes(':');
  if (zone === undefined) return { address, family: isIPv6 ? 6 : 4 };
  return { address: `${address}%${zone}`, family: isIPv6 ? 6 : 4, zone };
}

/** The canonical text of an address. Text that is no address stays as it is. */
export function canonicalAddress(text: string): string {
  return readAddress(text)?.address ?? text;
}

/**
 * The IPv4 address of an IPv4-mapped address; other addresses stay as they are. The kernel shows an IPv4 client of a
 * dual-stack socket as `::ffff:192.0.2.1`; limits and logs use its IPv4 address, whichever socket it used.
 */
export function plainAddress(address: string): string {
  return address.startsWith(V4_MAPPED) && address.includes('.') ? address.slice(V4_MAPPED.length) : address;
}

/** The bytes of an address, 4 or 16, in the order of the network. */
export function addressBytes(address: string): Buffer {
  const [plain = ''] = canonicalAddress(address).split('%');
  const [head = [], tail = []] = plain.split('::').map(groupBytes);
  const zeros = plain.includes('::') ? 16 - head.length - tail.length : 0;
  return Buffer.from([...head, ...Array<number>(zeros).fill(0), ...tail]);
}

/** `2001:db8` or `0:192.0.2.1` */
function groupBytes(groups: string): number[] {
  return groups.split(':').flatMap((group) => {
    if (group === '') return [];
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
