import { BlockList } from 'node:net';
import { readAddress } from './ip-address.ts';

/**
 * Networks by family. In one list for both, `::/0` would hold every IPv4 address too, as an IPv4-mapped IPv6 address.
 */
export interface Networks {
  readonly ipv4: BlockList;
  readonly ipv6: BlockList;
}

/** Length of the prefix of an IPv4-mapped IPv6 address (RFC 4291, 2.5.5.2). */
const V4_MAPPED_BITS = 96;

/** @param cidrs such as `192.0.2.0/24` and `2001:db8::/32`, each valid; IPv4-mapped IPv6 counts as IPv4 */
export function addressesIn(cidrs: readonly string[]): Networks {
  const networks = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const cidr of cidrs) {
    const [written = '', prefixText] = cidr.split('/');
    const prefix = Number(prefixText);
    const { address, family } = readAddress(written) ?? { address: written, family: 6 };
    const ipv4Bits = prefix - (written.includes(':') ? V4_MAPPED_BITS : 0);
    if (family === 4 && ipv4Bits >= 0) networks.ipv4.addSubnet(address, ipv4Bits, 'ipv4');
    else networks.ipv6.addSubnet(written, prefix, 'ipv6');
  }
  return networks;
}

/** Whether a network holds an address, however it is written; its zone is ignored. */
export function contains(networks: Networks, text: string): boolean {
  const found = readAddress(text);
  if (!found) return false;
  return found.family === 4
    ? networks.ipv4.check(found.address, 'ipv4')
    : networks.ipv6.check(found.address, 'ipv6');
}
