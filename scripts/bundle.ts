/**
 * Bundles the services for their images, each into a folder of its own that runs with Node and nothing else:
 * `src/main.js` and its workers (side by side, as in the source), `healthcheck.js` and, where a service
 * has a page, `ui/` and the packages the page is served from; beside them what it is made of, `sbom.cdx.json`, and
 * under which licences, `THIRD-PARTY-NOTICES.txt`. The same source gives the same bytes.
 *
 * usage: node scripts/bundle.ts [--base FILE] [FOLDER]   (default: dist)
 *
 * FILE is what scripts/image/base-inventory.ts printed of the files that the image has below the bundle.
 * SOURCE_DATE_EPOCH, in seconds, is the time of the build; without it the description of an image has none.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import rootManifest from '../package.json' with { type: 'json' };
import type { BaseInventory } from './image/base-inventory.ts';
import { describePackages, packageFoldersOf } from './image/bundled-packages.ts';
import { formatNotices } from './image/notices.ts';
import { formatSbom } from './image/sbom.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the status page has a browser load comes from its package as it is: these files are copied. */
const pagePackages: Readonly<Record<string, readonly string[]>> = {
  uplot: ['package.json', 'dist/uPlot.esm.js', 'dist/uPlot.min.css'],
};

/** Where an image has the bundle. */
const FOLDER_IN_IMAGE = '/app';
const NOTICES = 'THIRD-PARTY-NOTICES.txt';
const SBOM = 'sbom.cdx.json';

const { values, positionals } = parseArgs({ options: { base: { type: 'string' } }, allowPositionals: true });
const base: BaseInventory | undefined = values.base && JSON.parse(readFileSync(values.base, 'utf8'));
const builtAt = readBuildTime(process.env.SOURCE_DATE_EPOCH);
const target = resolve(positionals[0] ?? join(root, 'dist'));
for (const service of readdirSync(join(root, 'services'))) {
  const folder = join(target, service);
  describe(service, folder, await bundle(service, folder));
}

/** Modules that run in threads of their own, each started by its name beside the main module. */
function workersOf(source: string): string[] {
  return ['data-plane', 'udp-thread', 'load-worker'].filter((name) =>
    existsSync(join(source, `src/${name}.ts`)),
  );
}

/** @returns where the npm packages are of which something is in the bundle, from the root of the repository */
async function bundle(service: string, folder: string): Promise<string[]> {
  const source = join(root, 'services', service);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Tells Node that the files are ES modules, which it would otherwise find out by parsing them twice.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: join(source, 'src/main.ts'), out: 'src/main' },
      ...workersOf(source).map((name) => ({ in: join(source, `src/${name}.ts`), out: `src/${name}` })),
      { in: join(root, 'packages/runtime/src/healthcheck.ts'), out: 'healthcheck' },
    ],
    outdir: folder,
    bundle: true,
    metafile: true,
    platform: 'node',
    target: 'node26',
    format: 'esm',
    // Dependencies written as CommonJS call require at run time, which an ES module does not have by itself.
    // The first name must be one that no module declares.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);",
    },
    legalComments: 'none',
    tsconfigRaw: {},
    logLevel: 'warning',
  });
  const taken = packageFoldersOf(metafile);
  const page = join(source, 'ui');
  if (!existsSync(page)) return taken;
  cpSync(page, join(folder, 'ui'), {
    recursive: true,
    filter: (path) => !/\.(test|d)\.ts$/.test(path),
  });
  for (const [name, files] of Object.entries(pagePackages)) {
    const installed = dirname(createRequire(join(source, 'package.json')).resolve(`${name}/package.json`));
    for (const file of files) cpSync(join(installed, file), join(folder, 'node_modules', name, file));
    taken.push(relative(root, installed));
  }
  return taken;
}

/** Writes what a bundle, and with a base the whole image, is made of. */
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
