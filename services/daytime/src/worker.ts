import { openListeners } from '@echo-daytime/sockets';
import { type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/worker';
import type { DaytimeConfig } from './config.ts';
import { listeners } from './listeners.ts';

runDataPlane(openDaytime);

/** The listeners of one worker. */
export function openDaytime(context: DataPlaneContext<DaytimeConfig>): Promise<DataPlane> {
  return openListeners(listeners, context);
}
