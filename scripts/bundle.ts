/**
 * Bundles the services for their images, each into a folder of its own, with a list of its components,
 * `sbom.cdx.json`, and their licences, `THIRD-PARTY-NOTICES.txt`.
 *
 * usage: node scripts/bundle.ts [--base FILE] [FOLDER]   (default: dist)
 *
 * FILE is the output of scripts/image/base-inventory.ts for the files of the image below the bundle.
 * SOURCE_DATE_EPOCH, in seconds, is the time of the build; without it the description of an image has none.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import rootManifest from '../package.json' with { type: 'json' };
import { bundleService } from './bundle-service.ts';
import type { BaseInventory } from './image/base-inventory.ts';
import { describePackages } from './image/bundled-packages.ts';
import { formatNotices } from './image/notices.ts';
import { formatSbom } from './image/sbom.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The folder of the bundle in an image. */
const FOLDER_IN_IMAGE = '/app';
const NOTICES = 'THIRD-PARTY-NOTICES.txt';
const SBOM = 'sbom.cdx.json';

const { values, positionals } = parseArgs({ options: { base: { type: 'string' } }, allowPositionals: true });
const base: BaseInventory | undefined = values.base && JSON.parse(readFileSync(values.base, 'utf8'));
const builtAt = readBuildTime(process.env.SOURCE_DATE_EPOCH);
const target = resolve(positionals[0] ?? join(root, 'dist'));
for (const service of readdirSync(join(root, 'services'))) {
  const folder = join(target, service);
  describe(service, folder, await bundleService(service, folder));
}

/** Writes the components and licences of a bundle, and with a base of the whole image. */
function describe(service: string, folder: string, packagePaths: readonly string[]): void {
  const packages = describePackages(root, [...new Set(packagePaths)]);
  writeFileSync(join(folder, NOTICES), formatNotices(packages, base));
  const manifest = JSON.parse(readFileSync(join(root, 'services', service, 'package.json'), 'utf8'));
  const files = filesBelow(folder).map((name) => {
    const owner = packages.find(({ path }) => name.startsWith(`${path}/`));
    const located = { path: `${FOLDER_IN_IMAGE}/${name}`, source: join(folder, name) };
    return owner ? { ...located, package: owner.path } : located;
  });
  const text = formatSbom({
    service: { name: service, version: manifest.version, licence: rootManifest.license },
    packages,
    files,
    ...(base && { base }),
    ...(builtAt && { builtAt }),
  });
  writeFileSync(join(folder, SBOM), text);
}

/** Their paths from the folder. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)))
    .sort();
}

/** https://reproducible-builds.org/specs/source-date-epoch/: seconds since 1970. */
function readBuildTime(text: string | undefined): Date | undefined {
  if (!text) return undefined;
  if (/^\d{1,11}$/.test(text)) return new Date(Number(text) * 1_000);
  console.error(`SOURCE_DATE_EPOCH=${text} must be the seconds since 1970, such as 1795158785`);
  process.exit(2);
}
