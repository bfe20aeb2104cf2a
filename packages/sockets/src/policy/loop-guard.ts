import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';

/**
 * A reply to a datagram with a forged source can start an endless exchange between two servers, or flood a third
 * machine (CVE-1999-0103, CVE-2024-2169). This guard knows the source ports and addresses that no ordinary client has.
 * Loopback sources are served, so that client and server can run on one machine.
 */
export class LoopGuard {
  readonly #ownPort: number;
  readonly #unanswerable: BlockList;

  constructor(ownPort: number, unanswerable: BlockList = unanswerableAddresses()) {
    this.#ownPort = ownPort;
    this.#unanswerable = unanswerable;
  }

  /** Whether a datagram from this port gets no reply. */
  refusesPort(port: number): boolean {
    return port < FIRST_CLIENT_PORT || ANSWERING_PORTS.has(port) || port === this.#ownPort;
  }

  /** Whether a datagram from this address gets no reply. @param address never IPv4-mapped IPv6 */
  refusesAddress(address: string): boolean {
    return this.#unanswerable.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
}

/** Lower ports are the system ports (RFC 6335, 6): echo, daytime, chargen, DNS and NTP among them. */
const FIRST_CLIENT_PORT = 1024;
/**
 * Higher ports of services that answer datagrams: NFS (OpenBSD's inetd drops it for the same reason), and this
 * project's echo, udp-daytime and STAMP reflector, between which a forged datagram could start a loop.
 */
const ANSWERING_PORTS: ReadonlySet<number> = new Set([2049, 7007, 7013, 7862]);

/** Multicast, broadcast and unspecified addresses, with the broadcast addresses of this host's networks. */
function unanswerableAddresses(): BlockList {
  const list = new BlockList();
  list.addSubnet('0.0.0.0', 8, 'ipv4');
  list.addSubnet('224.0.0.0', 4, 'ipv4');
  list.addAddress('255.255.255.255', 'ipv4');
  list.addAddress('::', 'ipv6');
  list.addSubnet('ff00::', 8, 'ipv6');
  for (const { family, cidr } of Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])) {
    if (family === 'IPv4' && cidr) {
      const broadcast = broadcastAddress(cidr);
      if (broadcast) list.addAddress(broadcast, 'ipv4');
    }
  }
  return list;
}

/** `192.0.2.17/24` → `192.0.2.255`; point-to-point networks (/31, /32, RFC 3021) have none. */
export function broadcastAddress(cidr: string): string | undefined {
  const [address = '', prefix = ''] = cidr.split('/');
  const hostBits = 32 - Number(prefix);
  if (hostBits < 2) return undefined;
  const value = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const broadcast = Math.floor(value / 2 ** hostBits) * 2 ** hostBits + 2 ** hostBits - 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(broadcast / 2 ** shift) % 256).join('.');
}
