import { dataPlaneOf, UdpListener, udpThreadBeside } from '@echo-daytime/sockets';
import { type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/worker';
import type { UdpDaytimeConfig } from './config.ts';
import { udpDaytimeCounters } from './counters.ts';
import { daytimeService } from './daytime-udp.ts';

runDataPlane(openUdpDaytime);

/** Which listeners a worker of this service has. */
export async function openUdpDaytime(context: DataPlaneContext<UdpDaytimeConfig>): Promise<DataPlane> {
  const { config, workers, notice } = context;
  const listener = await UdpListener.open(
    { ...config, name: 'daytime-udp', portKey: 'PORT', workers },
    {
      ...daytimeService(config, udpDaytimeCounters(context.counters)),
      thread: udpThreadBeside(import.meta.url, context),
      faults: context.faults('daytime-udp'),
      notice,
    },
  );
  return dataPlaneOf([listener]);
}
