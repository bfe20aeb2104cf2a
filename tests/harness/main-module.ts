import { fileURLToPath } from 'node:url';
import { V8_FLAGS } from '@echo-daytime/linux/v8-flags';

/** The folder of the bundles of this test run; undefined outside of the tests. */
export const { BUNDLES } = process.env;
/** The command that starts the main module of a service, as in its image. */
export const NODE: readonly [string, ...string[]] = [
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  ...V8_FLAGS,
];
/** The same for a shell. */
export const NODE_COMMAND = `'${NODE.join("' '")}'`;

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * The main module of a program, for a process of its own: bundled in the tests, as in the images, else from source.
 *
 * @param source its path from the root of the repository
 */
export function mainModule(source: string): string {
  return BUNDLES ? `${BUNDLES}/${source.replace(/\.ts$/, '.js')}` : root + source;
}

/** The main module of a service, by its name. */
export function mainOfService(name: string): string {
  return mainModule(`services/${name}/src/main.ts`);
}
