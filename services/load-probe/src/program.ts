import { extname } from 'node:path';
import { dataPlaneBeside } from '@echo-daytime/runtime';
import manifest from '../package.json' with { type: 'json' };

export const { version } = manifest;

// A bundle has this module in `main.js`, with the worker files in the same folder as here.

export const workerUrl = dataPlaneBeside(import.meta.url);

export const loadWorkerUrl = new URL(`./load-worker${extname(import.meta.url)}`, import.meta.url);

/** The folder with `src/` and the status page in `ui/`. */
export const serviceFolder = new URL('../', import.meta.url);
