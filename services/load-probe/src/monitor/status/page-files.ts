import { readdir, readFile } from 'node:fs/promises';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { extname } from 'node:path';
import { pageFolder } from '../../program.ts';

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
};

/** Files of the one package that the page needs. */
const vendor = [
  { path: '/vendor/uplot.js', file: 'uplot/dist/uPlot.esm.js', type: 'text/javascript; charset=utf-8' },
  { path: '/vendor/uplot.css', file: 'uplot/dist/uPlot.min.css', type: 'text/css; charset=utf-8' },
];

/** Reads the status page's files, ready to be sent: TypeScript without its types, as browsers take it. */
export async function readPageFiles(): Promise<PageFile[]> {
  const names = (await readdir(pageFolder, { recursive: true })).filter(
    (name) => extname(name) in types && !/\.(test|d)\.ts$/.test(name),
  );
  const own = names.map(async (name) => {
    const text = await readFile(new URL(name, pageFolder), 'utf8');
    return {
      path: name === 'index.html' ? '/' : `/${name}`,
      type: types[extname(name)]!,
      body: extname(name) === '.ts' ? withoutTypes(text) : text,
    };
  });
  const { resolve } = createRequire(import.meta.url);
  const foreign = vendor.map(async ({ path, file, type }) => ({
    path,
    type,
    body: await readFile(resolve(file), 'utf8'),
  }));
  return Promise.all([...own, ...foreign]);
}

function withoutTypes(source: string): string {
  const { emitWarning } = process;
  // Node says on standard error that the function is experimental; whoever runs the probe can't act on it.
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
