import { addressesIn, contains, type Networks } from '@echo-daytime/addresses';

export interface AccessRules {
  /** CIDRs whose sources are served; empty = every source. */
  readonly allow: readonly string[];
  /** CIDRs whose sources are not served, also where `allow` contains them. */
  readonly deny: readonly string[];
}

/** Which source addresses are served. */
export class AccessList {
  readonly #allow: Networks | undefined;
  readonly #deny: Networks | undefined;

  constructor({ allow, deny }: AccessRules) {
    this.#allow = allow.length > 0 ? addressesIn(allow) : undefined;
    this.#deny = deny.length > 0 ? addressesIn(deny) : undefined;
  }

  permits(address: string): boolean {
    if (this.#deny && contains(this.#deny, address)) return false;
    return this.#allow === undefined || contains(this.#allow, address);
  }
}
