import type { Clock } from '../../sampling/clock.ts';
import { hostPort } from '../../targets/target.ts';
import { daytimeDatagrams, echoDatagrams } from './datagram-protocols.ts';
import { DaytimeTcpFlow } from './daytime-tcp-flow.ts';
import { EchoTcpFlow } from './echo-tcp-flow.ts';
import type { FlowListener, FlowOptions, LoadFlow } from './flow.ts';
import { type LoadShare, shareOf } from './plan.ts';
import { UdpFlow } from './udp-flow.ts';

/** One buffer for all connections of a thread. Large, so that one read takes what came since the last turn of the loop. */
const READ_BUFFER_BYTES = 256 * 1024;

/** The protocols that `load` supports. */
export const loadProtocols = ['echo-tcp', 'echo-udp', 'daytime-tcp', 'daytime-udp'] as const;

/** The flows of one worker. */
export function flowsOf(share: LoadShare, listener: FlowListener, clock: Clock): LoadFlow[] {
  const { address, connections, pipeline, run, target, worker, workers } = share;
  const options: FlowOptions = {
    listener,
    clock,
    address,
    port: target.port,
    remote: hostPort(address.address, target.port),
    timeoutMs: target.timeoutMs,
    pipeline,
  };
  const flows = (create: () => LoadFlow): LoadFlow[] =>
    Array.from({ length: shareOf(connections, worker, workers) }, create);
  const { sizeBytes } = target;
  switch (target.protocol) {
    case 'echo-tcp': {
      const readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
      return flows(() => new EchoTcpFlow({ ...options, sizeBytes, run, readBuffer }));
    }
    case 'echo-udp':
      return flows(() => new UdpFlow({ ...options, protocol: echoDatagrams({ pipeline, sizeBytes, run }) }));
    case 'daytime-tcp':
      return flows(() => new DaytimeTcpFlow({ ...options, target, run }));
    case 'daytime-udp':
      return flows(() => new UdpFlow({ ...options, protocol: daytimeDatagrams }));
    default:
      throw new Error(`${target.protocol} can't be loaded`);
  }
}
