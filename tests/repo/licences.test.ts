import { describe, expect, it } from 'vitest';
import { read } from './tracked-files.ts';

interface LockedPackage {
  readonly license?: string;
  readonly link?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Asks for no more than to be handed on with its text: what may be in an image. */
const permissive = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
] as const;
/** What a tool may have as well, which is handed on to nobody. */
const forTools = [...permissive, 'CC0-1.0', 'MPL-2.0', 'Unlicense'] as const;

const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };
const packages = Object.entries(lock.packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && !link,
);

/** The lock file has no licence of a package whose manifest has it in the old form, as a list. */
function licenceOf([path, { license }]: (typeof packages)[number]): string {
  if (license !== undefined) return license;
  const manifest = JSON.parse(read(`${path}/package.json`));
  return manifest.licenses?.[0]?.type ?? 'none';
}

/** Whether one of the licences to choose from is allowed. */
function isAllowed(expression: string, allowed: readonly string[]): boolean {
  return expression
    .replace(/[()]/g, '')
    .split(' OR ')
    .some((choice) => choice.split(' AND ').every((licence) => allowed.includes(licence)));
}

function notAllowed(some: typeof packages, allowed: readonly string[]): string[] {
  return some
    .filter((entry) => !isAllowed(licenceOf(entry), allowed))
    .map((entry) => `${entry[0]}: ${licenceOf(entry)}`);
}

/** Where the packages are that the services load, by what the manifests of the workspaces say. */
function shippedPaths(): ReadonlySet<string> {
  const found = new Set<string>();
  const open = Object.keys(lock.packages).filter((path) => /^(packages|services)\/[^/]+$/.test(path));
  for (const path of open) {
    for (const name of Object.keys(lock.packages[path]?.dependencies ?? {})) {
      const place = placeOf(name, path);
      if (place === undefined || found.has(place)) continue;
      found.add(place);
      open.push(place);
    }
  }
  return found;
}

/** As Node looks for it: in the folder that asks, then in those above. */
function placeOf(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (lock.packages[place] !== undefined) return place;
    if (folder === '') return undefined;
  }
}

describe('the licence of every package', () => {
  it('should be permissive where it may get into an image', () => {
    const paths = shippedPaths();
    const shipped = packages.filter(([path]) => paths.has(path));
    expect(shipped.length).toBeGreaterThan(50);
    expect(notAllowed(shipped, permissive)).toEqual([]);
  });

  it('should be one that a tool may have', () => {
    expect(packages.length).toBeGreaterThan(200);
    expect(notAllowed(packages, forTools)).toEqual([]);
  });

  it('should be told apart from one that is not on the list', () => {
    expect(isAllowed('MIT OR GPL-3.0-only', permissive)).toBe(true);
    expect(isAllowed('MIT AND GPL-3.0-only', permissive)).toBe(false);
    expect(isAllowed('UNLICENSED', forTools)).toBe(false);
  });
});
