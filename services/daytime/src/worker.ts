import { CurrentLines, type FormatName, hostClock, openZone } from '@echo-daytime/daytime-format';
import { dataPlaneOf, TcpListener } from '@echo-daytime/sockets';
import { type Counter, type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/worker';
import type { DaytimeConfig } from './config.ts';
import { daytimeCounters } from './counters.ts';
import { daytimeTcp } from './daytime-tcp.ts';
import { sessionTcp } from './session-tcp.ts';

runDataPlane(openDaytime);

/** Which listeners a worker of this service has. */
export async function openDaytime(context: DataPlaneContext<DaytimeConfig>): Promise<DataPlane> {
  const { config, workers, notice } = context;
  const counters = daytimeCounters(context.counters);
  const lines = new CurrentLines(openZone(config.tz), hostClock);
  const countedLine =
    (replies: Record<FormatName, Counter>) =>
    (format: FormatName): Uint8Array => {
      replies[format].increment();
      return lines.line(format);
    };
  const listeners = [
    await TcpListener.open(
      { ...config, name: 'daytime-tcp', portKey: 'PORT', workers },
      {
        protocol: daytimeTcp(config.format, countedLine(counters.replies)),
        counters: counters.tcp,
        claims: context.claims('daytime-tcp'),
        descriptors: context.descriptors,
        faults: context.faults('daytime-tcp'),
        notice,
      },
    ),
  ];
  if (config.sessionPort > 0) {
    listeners.push(
      await TcpListener.open(
        { ...config, name: 'session-tcp', port: config.sessionPort, portKey: 'SESSION_PORT', workers },
        {
          protocol: sessionTcp({ ...config, line: countedLine(counters.sessionReplies) }),
          counters: counters.session,
          claims: context.claims('session-tcp'),
          descriptors: context.descriptors,
          faults: context.faults('session-tcp'),
          notice,
        },
      ),
    );
  }
  return dataPlaneOf(listeners);
}
