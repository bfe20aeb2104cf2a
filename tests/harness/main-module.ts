import { fileURLToPath } from 'node:url';

/** Where the bundles of this test run are; outside of the tests there are none. */
export const { BUNDLES } = process.env;
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
