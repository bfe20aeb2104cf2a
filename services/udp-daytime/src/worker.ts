import { openListeners } from '@echo-daytime/sockets';
import { type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/worker';
import type { UdpDaytimeConfig } from './config.ts';
import { listeners } from './listeners.ts';

runDataPlane(openUdpDaytime);

/** The listeners of one worker. */
export function openUdpDaytime(context: DataPlaneContext<UdpDaytimeConfig>): Promise<DataPlane> {
  return openListeners(listeners, context);
}
