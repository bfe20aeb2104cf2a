import { variableOf } from '@echo-daytime/runtime';
import { describe, expect, it } from 'vitest';
import { linksOf } from '../docs/links.ts';
import { plain, tableOf } from '../harness/markdown.ts';
import { keysOf, services } from '../repo/services.ts';
import { read, trackedFiles } from '../repo/tracked-files.ts';

const PAGE = 'SECURITY.md';
const sections = ['Third parties', 'The targets', 'Monitoring', 'Containers and supply'];
const rows = sections.flatMap((section) => tableOf(PAGE, section));
/** A test of vitest, attacks that one runs, or a scenario of those that run for long. */
const TEST = /\.test\.ts$|^tests\/hostile\/.*\.ts$/;

describe('the threat model', () => {
  it.each(rows.map((row) => [plain(row[0]), row] as const))('should have a test behind: %s', (_what, row) => {
    expect(row).toHaveLength(5);
    expect(row.filter((cell) => cell === '')).toEqual([]);
    const targets = [...row[4]!.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target!);
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((path) => !TEST.test(path) || !trackedFiles.includes(path))).toEqual([]);
    // A file of that name with nothing in it shows nothing.
    for (const path of targets) expect(read(path), path).toMatch(/\b(it|test)(\.\w+)?\(|export /);
  });

  it('should have all its links to tests in the tables', () => {
    const inTables = rows.flatMap((row) => [...row[4]!.matchAll(/\]\(([^)#]+)\)/g)]);
    expect(linksOf(PAGE).filter(({ path }) => TEST.test(path))).toHaveLength(inTables.length);
  });

  it('should name keys that there are', async () => {
    const keys = await Promise.all(services.map(async (service) => Object.keys(await keysOf(service))));
    const known = [...new Set(keys.flat().map(variableOf)), 'BIND_ADDRESS', 'ADMIN_BIND_ADDRESS'];
    const named = [...read(PAGE).matchAll(/`([A-Z]{2,}(?:_[A-Z]+)*)(?:=[^`]*)?`/g)].map(([, name]) => name!);
    expect(named.length).toBeGreaterThan(15);
    expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
  });
});
