const V4_MAPPED = '::ffff:';

/**
 * An IPv4 peer of a dual-stack socket is shown as `::ffff:192.0.2.1` (RFC 4291, 2.5.5.2); limits and logs know it
 * by its own address, whichever socket it came in through.
 */
export function plainAddress(address: string): string {
  return address.startsWith(V4_MAPPED) && address.includes('.') ? address.slice(V4_MAPPED.length) : address;
}
