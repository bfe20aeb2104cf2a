import { extname } from 'node:path';
import { dataPlaneBeside } from '@echo-daytime/runtime';
import manifest from '../package.json' with { type: 'json' };

export const { version } = manifest;

// Beside this module there is the same as beside `main.js` in a bundle, which holds this module.

export const workerUrl = dataPlaneBeside(import.meta.url);

export const loadWorkerUrl = new URL(`./load-worker${extname(import.meta.url)}`, import.meta.url);

/** The folder with `src/` and the status page in `ui/`. */
export const serviceFolder = new URL('../', import.meta.url);
