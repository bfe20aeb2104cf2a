import { CurrentLines, type FormatName, hostClock, openZone } from '@echo-daytime/daytime-format';
import { type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/link';
import { dataPlaneOf, UdpListener } from '@echo-daytime/sockets';
import type { UdpDaytimeConfig } from './config.ts';
import { udpDaytimeCounters } from './counters.ts';
import { daytimeUdp } from './daytime-udp.ts';

runDataPlane(openUdpDaytime);

/** Which listeners a worker of this service has. */
export async function openUdpDaytime(context: DataPlaneContext<UdpDaytimeConfig>): Promise<DataPlane> {
  const { config, workers, notice } = context;
  const counters = udpDaytimeCounters(context.counters);
  const lines = new CurrentLines(openZone(config.tz), hostClock);
  const line = (format: FormatName): Uint8Array => {
    counters.replies[format].increment();
    return lines.line(format);
  };
  const listener = await UdpListener.open(
    { ...config, name: 'daytime-udp', portKey: 'PORT', workers },
    { protocol: daytimeUdp(config.format, line), counters: counters.udp, notice },
  );
  return dataPlaneOf([listener]);
}
