import { readdir, readFile } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';
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
const vendor = {
  'ui/vendor/uplot.js': 'uplot/dist/uPlot.esm.js',
  'ui/vendor/uplot.css': 'uplot/dist/uPlot.min.css',
};

/**
 * Reads the status page's files, ready to be sent: TypeScript without its types, as browsers take it. Paths are those of
 * the source, so that an import leads to the same file for the browser as for TypeScript, below whatever path of a proxy.
 */
export async function readPageFiles(): Promise<PageFile[]> {
  const names = (await readdir(new URL('ui/', serviceFolder), { recursive: true })).filter(
    (name) => extname(name) in types && !/\.(test|d)\.ts$/.test(name),
  );
  const { resolve } = createRequire(import.meta.url);
  const files: [string, URL | string][] = [
    ...[...names.map((name) => `ui/${name}`), ...modules].map((name): [string, URL] => [
      name,
      new URL(name, serviceFolder),
    ]),
    ...Object.entries(vendor).map(([name, file]): [string, string] => [name, resolve(file)]),
  ];
  return Promise.all(
    files.map(async ([name, file]) => {
      const text = await readFile(file, 'utf8');
      return {
        path: name === 'ui/index.html' ? '/' : `/${name}`,
        type: types[extname(name)]!,
        body: extname(name) === '.ts' ? withoutTypes(text) : text,
      };
    }),
  );
}

function withoutTypes(source: string): string {
  const { emitWarning } = process;
  // Node warns on standard error that the function is experimental, which nobody who runs the probe can act on.
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
