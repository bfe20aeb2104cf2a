import { BlockList, isIPv4 } from 'node:net';
import { canonicalAddress } from './addresses.ts';

export interface AccessRules {
  /** CIDRs whose sources are served; empty = every source. */
  readonly allow: readonly string[];
  /** CIDRs whose sources are not served, whatever `allow` says. */
  readonly deny: readonly string[];
}

/**
 * Networks by family: in one list for both, `::/0` would hold every IPv4 address too, as an IPv4-mapped IPv6 one.
 */
export interface Networks {
  readonly ipv4: BlockList;
  readonly ipv6: BlockList;
}

/** An IPv4 address within IPv6 comes behind this many bits (RFC 4291, 2.5.5.2). */
const V4_MAPPED_BITS = 96;

/** Who may be served, by source address. */
export class AccessList {
  readonly #allow: Networks | undefined;
  readonly #deny: Networks | undefined;

  constructor({ allow, deny }: AccessRules) {
    this.#allow = allow.length > 0 ? addressesIn(allow) : undefined;
    this.#deny = deny.length > 0 ? addressesIn(deny) : undefined;
  }

  /** @param address plain: no IPv4-mapped IPv6 */
  permits(address: string): boolean {
    if (this.#deny && contains(this.#deny, address)) return false;
    return this.#allow === undefined || contains(this.#allow, address);
  }
}

/** @param cidrs such as `192.0.2.0/24` and `2001:db8::/32`, each valid; IPv4-mapped IPv6 counts as IPv4 */
export function addressesIn(cidrs: readonly string[]): Networks {
  const networks = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const cidr of cidrs) {
    const [written = '', prefixText] = cidr.split('/');
    const prefix = Number(prefixText);
    const address = canonicalAddress(written);
    if (isIPv4(written)) {
      networks.ipv4.addSubnet(written, prefix, 'ipv4');
    } else if (isIPv4(address) && prefix >= V4_MAPPED_BITS) {
      networks.ipv4.addSubnet(address, prefix - V4_MAPPED_BITS, 'ipv4');
    } else {
      networks.ipv6.addSubnet(written, prefix, 'ipv6');
    }
  }
  return networks;
}

/** @param address plain: no IPv4-mapped IPv6 */
export function contains(networks: Networks, address: string): boolean {
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  return networks[family].check(address, family);
}
