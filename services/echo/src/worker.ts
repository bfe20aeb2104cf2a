import { openListeners } from '@echo-daytime/sockets';
import { type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/worker';
import type { EchoConfig } from './config.ts';
import { listeners } from './listeners.ts';

runDataPlane(openEcho);

/** The listeners of one worker. */
export function openEcho(context: DataPlaneContext<EchoConfig>): Promise<DataPlane> {
  return openListeners(listeners, context);
}
