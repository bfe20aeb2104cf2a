import type { Key } from '@echo-daytime/runtime';
import { trackedFiles } from './tracked-files.ts';

/** Every service that can be started. */
export const services: readonly string[] = trackedFiles
  .map((path) => /^services\/([^/]+)\/src\/main\.ts$/.exec(path)?.[1])
  .filter((name) => name !== undefined);

type ServiceKeys = Readonly<Record<string, Key<unknown>>>;

/** The configuration keys of a service: the export of its config module that has the common ones. */
export async function keysOf(service: string): Promise<ServiceKeys> {
  const module: Readonly<Record<string, unknown>> = await import(`../../services/${service}/src/config.ts`);
  const keys = Object.values(module).find(
    (value): value is ServiceKeys => typeof value === 'object' && value !== null && 'adminPort' in value,
  );
  if (!keys) throw new Error(`services/${service}/src/config.ts exports no keys`);
  return keys;
}
