import { dataPlaneOf, TcpListener, UdpListener, udpThreadBeside } from '@echo-daytime/sockets';
import { type DataPlane, type DataPlaneContext, runDataPlane } from '@echo-daytime/worker';
import type { EchoConfig } from './config.ts';
import { echoCounters } from './counters.ts';
import { dialogTcp } from './dialog/dialog-tcp.ts';
import { echoTcp } from './echo-tcp.ts';
import { echoUdp } from './echo-udp.ts';

runDataPlane(openEcho);

/** Which listeners a worker of this service has. */
export async function openEcho(context: DataPlaneContext<EchoConfig>): Promise<DataPlane> {
  const { config, workers, notice } = context;
  const counters = echoCounters(context.counters);
  const listeners: (TcpListener | UdpListener)[] = [];
  if (config.tcp) {
    listeners.push(
      await TcpListener.open(
        { ...config, name: 'echo-tcp', portKey: 'PORT', workers },
        {
          protocol: echoTcp,
          counters: counters.tcp,
          claims: context.claims('echo-tcp'),
          descriptors: context.descriptors,
          faults: context.faults('echo-tcp'),
          notice,
        },
      ),
    );
  }
  if (config.udp) {
    listeners.push(
      await UdpListener.open(
        { ...config, name: 'echo-udp', portKey: 'PORT', minRequestBytes: 0, workers },
        {
          protocol: echoUdp,
          counters: counters.udp,
          thread: udpThreadBeside(import.meta.url, context),
          faults: context.faults('echo-udp'),
          notice,
        },
      ),
    );
  }
  if (config.dialogPort > 0) {
    listeners.push(
      await TcpListener.open(
        { ...config, name: 'dialog-tcp', port: config.dialogPort, portKey: 'DIALOG_PORT', workers },
        {
          protocol: dialogTcp(config, counters.dialogMessages),
          counters: counters.dialog,
          claims: context.claims('dialog-tcp'),
          descriptors: context.descriptors,
          faults: context.faults('dialog-tcp'),
          notice,
        },
      ),
    );
  }
  return dataPlaneOf(listeners);
}
