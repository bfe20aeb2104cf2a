import { randomInt } from 'node:crypto';
import { type FleetPorts, fleetPorts, isTaken } from '../../scripts/fleet-ports.ts';

/**
 * Below the ephemeral ports of clients (from 32768 on Linux, 49152 elsewhere), which connections of other tests soon
 * use. Above the ports of well-known services.
 */
const PORTS = { first: 15_000, end: 32_768 } as const;

/** A port that was free a moment ago, over TCP and UDP, on IPv4 and IPv6: for services that can't be given port 0. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.end);
    if (!(await isTaken('tcp', '::', port)) && !(await isTaken('udp', '::', port))) return port;
  }
}

/** Free ports for `npm start`; daytime has one number over TCP and UDP, as it has on the pages. */
export async function freeFleetPorts(): Promise<FleetPorts> {
  const variables = Object.keys(fleetPorts);
  const free = new Set<number>();
  while (free.size < variables.length) free.add(await freePort());
  const ports = [...free];
  const at = Object.fromEntries(variables.map((variable, index) => [variable, ports[index]]));
  return { ...at, UDP_DAYTIME_PORT: at.DAYTIME_PORT } as FleetPorts;
}
