import { CurrentLines, hostClock, openZone } from '@echo-daytime/daytime-format';
import { type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/link';
import { dataPlaneOf, TcpListener } from '@echo-daytime/sockets';
import type { DaytimeConfig } from './config.ts';
import { daytimeCounters } from './counters.ts';
import { daytimeTcp } from './daytime-tcp.ts';

runDataPlane(openDaytime);

/** Which listeners a worker of this service has. */
export async function openDaytime(context: DataPlaneContext<DaytimeConfig>): Promise<DataPlane> {
  const { config, workers, notice } = context;
  const counters = daytimeCounters(context.counters);
  const lines = new CurrentLines(openZone(config.tz), hostClock);
  const replies = counters.replies[config.format];
  const nextLine = (): Uint8Array => {
    replies.increment();
    return lines.line(config.format);
  };
  const listener = await TcpListener.open(
    { ...config, name: 'daytime-tcp', portKey: 'PORT', workers },
    { protocol: daytimeTcp(nextLine), counters: counters.tcp, claims: context.claims('daytime-tcp'), notice },
  );
  return dataPlaneOf([listener]);
}
