import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { probeKeys } from '../../services/load-probe/src/config.ts';
import { eventually } from '../harness/eventually.ts';
import { type Family, parseExposition } from '../harness/exposition.ts';
import { freePort } from '../harness/free-port.ts';
import { ServiceProcess } from '../harness/service-process.ts';

/** The default targets, a target with a name, targets with peers over TCP and UDP, one with its SYN, a sweep, and one that must be blocked. */
const targets = [
  ...String(probeKeys.targets.default).split(','),
  'tcp://localhost:7014',
  'session+tcp://localhost:7014?discover=dns&flow=both&syn=on&who=on',
  'echo+udp://localhost:7008?discover=dns',
  'echo+udp://localhost:7008?name=sweep&flow=sweep&discover=dns',
  'tcp://localhost:7008?name=denied&expect=blocked&discover=dns',
];

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
  // Only a reflector that answers tells who does.
  await using reflector = await ServiceProcess.start('echo', { STAMP_PORT: String(await freePort()) });
  const stamp = `stamp+udp://localhost:${reflector.port('stamp-udp')}?flow=sticky&discover=dns&dscp=ef`;
  using folder = targetsFolder([...targets, stamp]);
  const env = service === 'load-probe' ? { TARGETS_FILE: folder.file, INTERVAL: '100ms' } : {};
  await using process = await ServiceProcess.start(service, env);
  return await eventually(async () => {
    const families = parseExposition(await (await fetch(`${process.adminUrl}/metrics`)).text());
    const peers = families.get('l4_probe_discovered_peers')?.series ?? [];
    expect(peers.every(({ value }) => value > 0)).toBe(true);
    expect(families.has('l4_probe_responses_total')).toBe(service === 'load-probe');
    return families;
  });
}

/** All that can be exposed is there where the targets come from a file. */
function targetsFolder(urls: readonly string[]): Disposable & { readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), 'echo-daytime-exposed-'));
  const file = join(folder, 'targets.yaml');
  writeFileSync(file, JSON.stringify({ targets: urls.map((url) => ({ url })) }));
  return { file, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}
