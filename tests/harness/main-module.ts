import { fileURLToPath } from 'node:url';
import { V8_FLAGS } from '@echo-daytime/linux/v8-flags';

/** Where the bundles of this test run are; outside of the tests there are none. */
export const { BUNDLES } = process.env;
/** What starts the main module of a service, as in its image. */
export const NODE: readonly [string, ...string[]] = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  ...V8_FLAGS,
];
/** The same for a shell. */
export const NODE_COMMAND = `'${NODE.join("' '")}'`;

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The main module of a program, for a process of its own: in the tests as the images have it, else from the source.
 *
 * @param source its path from the root of the repository
 */
export function mainModule(source: string): string {
  return BUNDLES ? `${BUNDLES}/${source.replace(/\.ts$/, '.js')}` : root + source;
}

/** Of a service, by its name. */
export function mainOfService(name: string): string {
  return mainModule(`services/${name}/src/main.ts`);
}
