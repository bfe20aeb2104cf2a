import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';
import { packageFoldersOf } from './image/bundled-packages.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Files of packages that the status page loads in the browser. They are copied unchanged. */
const pagePackages: Readonly<Record<string, readonly string[]>> = {
  uplot: ['package.json', 'dist/uPlot.esm.js', 'dist/uPlot.min.css'],
  'lit-html': ['package.json', 'lit-html.js', 'directive.js', 'directive-helpers.js', 'directives/repeat.js'],
};

/** Modules of the service that the status page imports. */
const pageModules = ['src/stats/format.ts'];

/** Modules that run in threads of their own, each started by its name beside the main module. */
const threads = ['worker', 'load-worker'];

/**
 * Bundles a service into a folder of its own that runs with Node and nothing else: `src/main.js` and its threads (side
 * by side, as in the source), `healthcheck.js` and, where the service has a page, `ui/` with the modules and packages
 * that the page imports. The same source gives the same bytes.
 *
 * @returns folders of the npm packages with code in the bundle, from the root of the repository
 */
export async function bundleService(
  service: string,
  folder: string,
  plugins: Plugin[] = [],
): Promise<string[]> {
  const source = join(root, 'services', service);
  const modules = ['main', ...threads].filter((name) => existsSync(join(source, `src/${name}.ts`)));
  const entries = {
    ...Object.fromEntries(modules.map((name) => [`src/${name}`, join(source, `src/${name}.ts`)])),
    healthcheck: join(root, 'packages/runtime/src/admin/healthcheck.ts'),
  };
  const metafile = await bundle(folder, entries, plugins);
  const taken = packageFoldersOf(metafile);
  const page = join(source, 'ui');
  if (!existsSync(page)) return taken;
  cpSync(page, join(folder, 'ui'), {
    recursive: true,
    filter: (path) => !/\.(test|d)\.ts$/.test(path),
  });
  for (const name of pageModules) cpSync(join(source, name), join(folder, name));
  for (const [name, files] of Object.entries(pagePackages)) {
    const installed = dirname(findPackageJSON(name, join(source, 'package.json'))!);
    for (const file of files) cpSync(join(installed, file), join(folder, 'node_modules', name, file));
    taken.push(relative(root, installed));
  }
  return taken;
}

/**
 * Bundles modules into a folder, which is emptied first.
 *
 * @param modules paths of the modules, by name in the folder without an extension
 */
export async function bundle(
  folder: string,
  modules: Readonly<Record<string, string>>,
  plugins: Plugin[] = [],
): Promise<Metafile> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Declares the files as ES modules. Otherwise Node would parse them twice to find out.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { ...modules },
    outdir: folder,
    bundle: true,
    // Dynamic imports get files of their own, so that each command loads only what it uses.
    splitting: true,
    chunkNames: 'src/[name]-[hash]',
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
    plugins,
  });
  return metafile;
}
