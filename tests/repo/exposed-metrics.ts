import { expect } from 'vitest';
import { probeKeys } from '../../services/load-probe/src/config.ts';
import { eventually } from '../harness/eventually.ts';
import { type Family, parseExposition } from '../harness/exposition.ts';
import { ServiceProcess } from '../harness/service-process.ts';

/** What a service has to be told to expose all that it can. */
const everythingShown: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'load-probe': {
    TARGETS: `${probeKeys.targets.default},session+tcp://localhost:7014?discover=dns&flow=both`,
  },
};

/** By its name, every family of metrics that a service has. */
export type Exposed = ReadonlyMap<string, Family>;

const scrapes = new Map<string, Promise<Exposed>>();

/** What a service exposes; each is started once. */
export function exposedBy(service: string): Promise<Exposed> {
  const known = scrapes.get(service) ?? scrape(service);
  scrapes.set(service, known);
  return known;
}

async function scrape(service: string): Promise<Exposed> {
  await using process = await ServiceProcess.start(service, everythingShown[service]);
  return await eventually(async () => {
    const families = parseExposition(await (await fetch(`${process.adminUrl}/metrics`)).text());
    const peers = families.get('l4_probe_discovered_peers')?.series ?? [];
    expect(peers.every(({ value }) => value > 0)).toBe(true);
    return families;
  });
}
