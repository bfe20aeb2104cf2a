import { describe, expect, it } from 'vitest';
import type { Family } from '../harness/exposition.ts';
import { plain, tableOf } from '../harness/markdown.ts';
import { exposedBy } from './exposed-metrics.ts';
import { services } from './services.ts';

const REFERENCE = 'docs/metrics.md';
/** Sections of the reference, and who exposes what they list. */
const sections = {
  Connections: ['echo', 'daytime'],
  Datagrams: ['echo', 'udp-daytime'],
  'Dialog messages': ['echo'],
  STAMP: ['echo'],
  'Daytime lines': ['daytime', 'udp-daytime'],
  Faults: ['echo', 'daytime', 'udp-daytime'],
  'Load probe': ['load-probe'],
  'Every service': services,
  Process: services,
} as const;

const OF_EVERY_SERVICE = /^l4_(build_info|data_plane_|log_|admin_)/;

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly labels: string;
}

describe('the metrics reference', () => {
  it.each(services)('should list exactly what %s exposes, with type and labels', async (service) => {
    const documented = Object.entries(sections)
      .filter(([, owners]) => (owners as readonly string[]).includes(service))
      .flatMap(([section]) => tableOf(REFERENCE, section).map(entryOf));
    const exposed = [...(await exposedBy(service)).values()].map(exposedEntry);
    expect(documented.sort(byName)).toEqual(exposed.sort(byName));
  });

  it('should say what each metric means', () => {
    for (const section of Object.keys(sections)) {
      for (const [name, , , meaning] of tableOf(REFERENCE, section)) {
        expect(meaning?.length, `${name} is not explained`).toBeGreaterThan(10);
      }
    }
  });
});

describe.each(services)('the README of %s', (service) => {
  it('should list the metrics that are its own', async () => {
    const rows = tableOf(`services/${service}/README.md`, 'Metrics').map(([name]) => plain(name));
    const own = [...(await exposedBy(service)).keys()].filter(
      (name) => !OF_EVERY_SERVICE.test(name) && name.startsWith('l4_'),
    );
    expect(rows.filter((name) => !OF_EVERY_SERVICE.test(name)).sort()).toEqual(own.sort());
  });
});

function entryOf([name, type, labels]: readonly string[]): Entry {
  const listed = (labels ?? '')
    .split(/,\s*/)
    .map(plain)
    .filter((label) => label !== '');
  return { name: plain(name), type: plain(type), labels: listed.sort().join() };
}

function exposedEntry({ name, type, series }: Family): Entry {
  // Which label sets Node's own metrics have depends on what the process is doing at that moment.
  if (!name.startsWith('l4_')) return { name, type, labels: '' };
  const labels = new Set(series.flatMap(({ labels: { le: _, ...rest } }) => Object.keys(rest)));
  return { name, type, labels: [...labels].sort().join() };
}

function byName(a: Entry, b: Entry): number {
  return a.name < b.name ? -1 : 1;
}
