import { readdir, readFile } from 'node:fs/promises';
import { findPackageJSON, stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { serviceFolder } from '../../program.ts';

export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly body: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** What the page imports from the probe itself. */
const modules = ['src/stats/format.ts'];

/** What the page takes from npm packages, by the path that it has beside the page's own files. */
const vendor: Readonly<Record<string, readonly [name: string, file: string]>> = {
  'ui/vendor/uplot.js': ['uplot', 'dist/uPlot.esm.js'],
  'ui/vendor/uplot.css': ['uplot', 'dist/uPlot.min.css'],
  'ui/vendor/lit-html/lit-html.js': ['lit-html', 'lit-html.js'],
  'ui/vendor/lit-html/directive.js': ['lit-html', 'directive.js'],
  'ui/vendor/lit-html/directive-helpers.js': ['lit-html', 'directive-helpers.js'],
  'ui/vendor/lit-html/directives/repeat.js': ['lit-html', 'directives/repeat.js'],
};

/**
 * Reads the status page's files, ready to be sent: TypeScript without its types, as browsers take it. Paths are those of
 * the source, so that an import leads to the same file for the browser as for TypeScript, below whatever path of a proxy.
 */
export async function readPageFiles(): Promise<PageFile[]> {
  const names = (await readdir(new URL('ui/', serviceFolder), { recursive: true })).filter(
    (name) => extname(name) in types && !/\.(test|d)\.ts$/.test(name),
  );
  const paths = [...names.map((name) => `ui/${name}`), ...modules, ...Object.keys(vendor)];
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(
        vendor[path] ? inPackage(...vendor[path]) : new URL(path, serviceFolder),
        'utf8',
      );
      return {
        path: path === 'ui/index.html' ? '/' : `/${path}`,
        type: types[extname(path)]!,
        body: extname(path) === '.ts' ? withoutTypes(text) : text,
      };
    }),
  );
}

/** By the place of its manifest: some of these files are not among a package's exports, or another one is for Node. */
function inPackage(name: string, file: string): string {
  return join(dirname(findPackageJSON(name, import.meta.url)!), file);
}

function withoutTypes(source: string): string {
  const { emitWarning } = process;
  // Node warns on standard error that the function is experimental, which a user of the probe can't act on.
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
