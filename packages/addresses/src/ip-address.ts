import { isIP, SocketAddress } from 'node:net';

export interface IpAddress {
  /** As RFC 5952 writes it, with its zone; the same text for whatever ways there are to write one address. */
  readonly address: string;
  /** 4 for an IPv4-mapped IPv6 address too (RFC 4291, 2.5.5.2): its packets are those of IPv4. */
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

/** The one text of an address; what is none stays as it is. */
export function canonicalAddress(text: string): string {
  return readAddress(text)?.address ?? text;
}

/**
 * The same for an address that the kernel has written: an IPv4 peer of a dual-stack socket is shown as
 * `::ffff:192.0.2.1`; limits and logs know it by its own address, whichever socket it came in through.
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
