import { mainModule } from '../../../tests/harness/main-module.ts';
import { ServiceProcess } from '../../../tests/harness/service-process.ts';

const main = mainModule('packages/runtime/test/fixtures/obedient-service/main.ts');

/** The service in fixtures/ that throws, hangs or ends when a client says so. */
export function spawnObedient(env: Readonly<Record<string, string>> = {}): ServiceProcess {
  return new ServiceProcess(main, env, []);
}

export async function startObedient(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
  const service = spawnObedient(env);
  await service.logged('listening');
  return service;
}
