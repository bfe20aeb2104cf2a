import { type FleetPorts, fleetPorts } from '../../scripts/fleet-ports.ts';
import { freePort } from './free-port.ts';

/** Free ports for `npm start`; daytime has one number over TCP and UDP, as it has on the pages. */
export async function freeFleetPorts(): Promise<FleetPorts> {
  const variables = Object.keys(fleetPorts);
  const free = new Set<number>();
  while (free.size < variables.length) free.add(await freePort());
  const ports = [...free];
  const at = Object.fromEntries(variables.map((variable, index) => [variable, ports[index]]));
  return { ...at, UDP_DAYTIME_PORT: at.DAYTIME_PORT } as FleetPorts;
}
