import { isIPv4, SocketAddress } from 'node:net';

/** Where a connection or a datagram comes from. */
export interface Source {
  /** Plain: no IPv4-mapped IPv6. */
  readonly address: string;
  readonly port: number;
}

const V4_MAPPED = '::ffff:';

/**
 * An IPv4 peer of a dual-stack socket is shown as `::ffff:192.0.2.1` (RFC 4291, 2.5.5.2); limits and logs know it
 * by its own address, whichever socket it came in through.
 */
export function plainAddress(address: string): string {
  return address.startsWith(V4_MAPPED) && address.includes('.') ? address.slice(V4_MAPPED.length) : address;
}

/** An address as the kernel writes it (RFC 5952), so that one client has one name however it is told of. */
export function canonicalAddress(address: string): string {
  if (isIPv4(address)) return address;
  return plainAddress(new SocketAddress({ address, family: 'ipv6' }).address);
}

/** `192.0.2.1:7` or `[2001:db8::1]:7` */
export function endpointText({ address, port }: Source): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
