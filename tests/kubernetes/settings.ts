import { flagOf, variableOf } from '@echo-daytime/runtime';
import type { IContainer } from 'kubernetes-models/v1';
import { keysOf, services } from '../repo/services.ts';

const keys = new Map(
  await Promise.all(services.map(async (service) => [service, await keysOf(service)] as const)),
);

/**
 * The value of a key, such as `drainDelay`, of the service in a container, from flag, variable or default. A container has
 * the name of its service; undefined for other containers.
 *
 * @throws Error when the service refuses the value
 */
export function settingOf({ name, args = [], env = [] }: IContainer, key: string): unknown {
  const found = keys.get(name)?.[key];
  const flag = args.indexOf(`--${flagOf(key)}`);
  const variable = env.find((candidate) => candidate.name === variableOf(key));
  return found?.parse((flag < 0 ? variable?.value : args[flag + 1]) ?? found.default);
}

/** The variables that a service reads. */
export function variablesOf(service: string): string[] {
  return Object.keys(keys.get(service) ?? {}).map(variableOf);
}
