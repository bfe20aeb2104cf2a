/** Addresses are in canonical form, as keys.ts reads them. `::` covers IPv4 too, unless 0.0.0.0 is in the same list. */
const EVERY = '::';
const EVERY_IPV4 = '0.0.0.0';

/** Whether two listeners with these addresses could not share a port. */
export function overlap(hosts: readonly string[], others: readonly string[]): boolean {
  return hosts.some((host) => others.some((other) => covers(host, other) || covers(other, host)));
}

/** The first address of a list that a wildcard of the list covers, with that wildcard. */
export function coveredBeside(
  hosts: readonly string[],
): readonly [every: string, covered: string] | undefined {
  for (const every of [EVERY_IPV4, EVERY].filter((host) => hosts.includes(host))) {
    const covered = hosts.find((host) => host !== EVERY && host !== EVERY_IPV4 && covers(every, host));
    if (covered !== undefined) return [every, covered];
  }
  return undefined;
}

function covers(host: string, other: string): boolean {
  return host === other || host === EVERY || (host === EVERY_IPV4 && !other.includes(':'));
}
