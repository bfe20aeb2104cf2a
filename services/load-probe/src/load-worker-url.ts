import { extname } from 'node:path';

/** Beside this module, and beside `main.js` in a bundle, which holds this module. */
export const loadWorkerUrl = new URL(`./load-worker${extname(import.meta.url)}`, import.meta.url);
