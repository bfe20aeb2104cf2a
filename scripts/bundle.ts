/**
 * Bundles the services for their images, each into a folder of its own that runs with Node and nothing else:
 * `src/main.js` and its workers (side by side, as in the source), `healthcheck.js` and, where a service
 * has a page, `ui/` and the packages the page is served from. The same source gives the same bytes.
 *
 * usage: node scripts/bundle.ts [FOLDER]   (default: dist)
 */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the status page has a browser load comes from its package as it is: these files are copied. */
const pagePackages: Readonly<Record<string, readonly string[]>> = {
  uplot: ['package.json', 'dist/uPlot.esm.js', 'dist/uPlot.min.css'],
};

const target = resolve(process.argv[2] ?? join(root, 'dist'));
for (const service of readdirSync(join(root, 'services'))) await bundle(service, join(target, service));

/** Modules that run in threads of their own, each started by its name beside the main module. */
function workersOf(source: string): string[] {
  return ['data-plane', 'load-worker'].filter((name) => existsSync(join(source, `src/${name}.ts`)));
}

async function bundle(service: string, folder: string): Promise<void> {
  const source = join(root, 'services', service);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // Tells Node that the files are ES modules, which it would otherwise find out by parsing them twice.
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  await build({
    absWorkingDir: root,
    entryPoints: [
      { in: join(source, 'src/main.ts'), out: 'src/main' },
      ...workersOf(source).map((name) => ({ in: join(source, `src/${name}.ts`), out: `src/${name}` })),
      { in: join(root, 'packages/runtime/src/healthcheck.ts'), out: 'healthcheck' },
    ],
    outdir: folder,
    bundle: true,
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
  const page = join(source, 'ui');
  if (!existsSync(page)) return;
  cpSync(page, join(folder, 'ui'), {
    recursive: true,
    filter: (path) => !/\.(test|d)\.ts$/.test(path),
  });
  for (const [name, files] of Object.entries(pagePackages)) {
    const installed = dirname(createRequire(join(source, 'package.json')).resolve(`${name}/package.json`));
    for (const file of files) cpSync(join(installed, file), join(folder, 'node_modules', name, file));
  }
}
