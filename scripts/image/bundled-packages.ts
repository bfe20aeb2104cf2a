import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** An npm package with code in a bundle. */
export interface BundledPackage {
  /** With its scope, such as `@fastify/error`. */
  readonly name: string;
  readonly version: string;
  /** SPDX identifier or expression. */
  readonly licence: string;
  /** In the form of the lock file: `sha512-` and Base64. */
  readonly integrity: string;
  readonly licenceText: string;
  /** Folder in which it is installed, from the root of the repository. */
  readonly path: string;
}

interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  readonly integrity: string;
}

const PACKAGE = /^(?:.*\/)?node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)/;
const LICENCE_FILE = /^(licen[sc]e|copying|notice)/i;
/** From its heading to the next. */
const LICENCE_SECTION = /^#+ *licen[sc]e[^\n]*\n(?<text>[\s\S]*?)(?=^#|(?![\s\S]))/im;

/** The folders of the packages that a build took code from, from the root of the repository. */
export function packageFoldersOf({ outputs }: Metafile): string[] {
  const taken = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => PACKAGE.exec(path)?.[0]),
  );
  return [...new Set(taken)].filter((path) => path !== undefined);
}

/**
 * @param root the repository
 * @param paths folders of packages, from there
 * @returns in the order of their names and versions
 * @throws Error when the lock file does not have a package, or a package has no licence
 */
export function describePackages(root: string, paths: readonly string[]): BundledPackage[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const locked = lock.packages as Readonly<Record<string, LockedPackage>>;
  return paths
    .map((path) => {
      const { version, license: licence, integrity } = locked[path] ?? {};
      const name = PACKAGE.exec(path)?.groups?.name;
      if (!name || !version || !licence || !integrity)
        throw new Error(`package-lock.json lacks version, licence or integrity of ${path}; run npm install`);
      return { name, version, licence, integrity, licenceText: licenceTextOf(join(root, path)), path };
    })
    .sort((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

function licenceTextOf(folder: string): string {
  const names = readdirSync(folder).sort(compare);
  const files = names.filter((name) => LICENCE_FILE.test(name));
  if (files.length > 0) return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  // Some packages have their licence only in the README.
  const readme = names.find((name) => /^readme/i.test(name));
  const section = readme && LICENCE_SECTION.exec(readFileSync(join(folder, readme), 'utf8'))?.groups?.text;
  if (section?.trim()) return section;
  throw new Error(
    `${folder} has no licence file and no section on it in a README; don't bundle a package without a licence`,
  );
}

/** By code units: the same on every machine, whatever its language. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
