import { mainOfService, NODE } from '../harness/main-module.ts';
import { ServiceProcess } from '../harness/service-process.ts';
import { pinned, SERVICE_CORE } from './cores.ts';

export type Environment = Readonly<Record<string, string>>;

/** A service as its operator runs it, on a core of its own, logging as in production. */
export async function startService(
  name: string,
  env: Environment = {},
  launcher: readonly string[] = pinned(SERVICE_CORE, []),
): Promise<ServiceProcess> {
  const service = spawnService(name, env, launcher);
  await service.logged('listening');
  return service;
}

/** @param launcher what runs it, by replacing itself with it */
export function spawnService(
  name: string,
  env: Environment,
  launcher: readonly string[] = [],
): ServiceProcess {
  const [program, ...flags] = [...launcher, ...NODE];
  return new ServiceProcess(mainOfService(name), { LOG_LEVEL: 'info', ...env }, [], [program!, ...flags]);
}
