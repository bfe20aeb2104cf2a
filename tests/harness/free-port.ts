import { randomInt } from 'node:crypto';
import { isTaken } from '../../scripts/fleet-ports.ts';

/**
 * Below the ports that kernels give to clients (from 32768 on Linux, 49152 elsewhere): one of those is soon taken by
 * a connection of some other test. Above the ports of well-known services.
 */
const PORTS = { first: 15_000, end: 32_768 } as const;

/** A port that was free a moment ago, over TCP and UDP, on IPv4 and IPv6: for services that can't be given port 0. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.end);
    if (!(await isTaken('tcp', '::', port)) && !(await isTaken('udp', '::', port))) return port;
  }
}
