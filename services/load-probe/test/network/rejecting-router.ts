import { fileURLToPath } from 'node:url';
import { ip, Namespace } from '../../../../tests/harness/namespace.ts';
import { ThreadHost } from '../thread-host.ts';

const program = fileURLToPath(new URL('../fixtures/take-sample.ts', import.meta.url));
const HERE = { v4: '192.0.2.1', v6: '2001:db8:1::1' };
export const ROUTER = { v4: '192.0.2.254', v6: '2001:db8:1::fe' };
/** Addresses in documentation networks behind the router. */
export const REJECTED = { v4: '203.0.113.77', v6: '2001:db8:3::7' };

/** A client and a router, each in a network namespace with only these routes; the router rejects by its rules. */
export class RejectingRouter implements Disposable {
  readonly #here = new Namespace();
  readonly #router = new Namespace();
  readonly #hosts = new Map<readonly string[], ThreadHost>();

  /** @param rules of nft(8), for what the router forwards */
  constructor(rules: readonly string[]) {
    const [here, router] = [this.#here, this.#router];
    here.link('here', router, 'there');
    here.up('here', [`${HERE.v4}/24`, `${HERE.v6}/64`, 'fe80::5:2/64']);
    router.up('there', [`${ROUTER.v4}/24`, `${ROUTER.v6}/64`, 'fe80::5:1/64']);
    for (const network of ['203.0.113.0/24', '2001:db8:3::/64']) {
      this.routeHere(network, 'via', network.includes(':') ? ROUTER.v6 : ROUTER.v4);
      this.routeThere(network);
    }
    router.execute('nft', 'add table inet fw');
    router.execute('nft', 'add chain inet fw forward { type filter hook forward priority 0; }');
    for (const rule of rules) router.execute('nft', `add rule inet fw forward ${rule}`);
    for (const setting of [
      // The tests need every ICMP message, more than the default rate limit of a router.
      'ipv4.icmp_ratelimit=0',
      'ipv6.icmp.ratelimit=0',
      'ipv4.ip_forward=1',
      'ipv6.conf.all.forwarding=1',
    ]) {
      router.execute('sysctl', '-qw', `net.${setting}`);
    }
    for (const [namespace, device] of [
      [here, 'here'],
      [router, 'there'],
    ] as const) {
      for (const version of ['ipv4', 'ipv6']) {
        // An address lookup on the link fails after half a second, not three.
        const settings = `net.${version}.neigh.${device}`;
        namespace.execute('sysctl', '-qw', `${settings}.mcast_solicit=1`, `${settings}.retrans_time_ms=500`);
      }
    }
  }

  /** Adds a route of the client, as ip-route(8) has it. */
  routeHere(...route: readonly string[]): void {
    ip('-n', this.#here.name, 'route', 'add', ...route);
  }

  /** Has the router send what goes to this network back to the link. */
  routeThere(network: string): void {
    ip('-n', this.#router.name, 'route', 'add', network, 'dev', 'there');
  }

  /** One sample of each URL, taken at the client, in this order. @param node command of Node, with its flags */
  async samplesOf(
    urls: readonly string[],
    node: readonly string[],
  ): Promise<{ outcome: string; detail: string }[]> {
    const host = this.#hosts.get(node) ?? new ThreadHost(this.#here, node);
    this.#hosts.set(node, host);
    const { stdout, stderr } = await host.run(program, urls);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout);
  }

  [Symbol.dispose](): void {
    for (const namespace of [this.#here, this.#router]) namespace[Symbol.dispose]();
  }
}
