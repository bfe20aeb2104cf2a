import { isIPv6 } from 'node:net';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { listenText } from '@echo-daytime/addresses';
import {
  datagramMismatch,
  type Libc,
  linux64,
  type MessageLayout,
  openLibc,
  UdpSocket,
} from '@echo-daytime/linux';
import { CounterBlock, declareListeners, SharedFaults } from '@echo-daytime/worker';
import { ListenError, listenError } from '../../bind.ts';
import type { Listener } from '../../listener-spec.ts';
import type { UdpCounters } from '../counters.ts';
import { leavesIpv4, RECEIVE_BUFFER_BYTES, type UdpListenerOptions, type UdpProtocol } from '../engine.ts';
import { BatchLoop } from './batch-loop.ts';
import { EngineControl } from './engine-control.ts';
import type { FromUdpThread, UdpThreadStart } from './messages.ts';

/**
 * The thread of the batched engine: the whole body of a service's `udp-thread.ts`. Opens the sockets, reports their
 * addresses and answers until it is told to drain, without ever going back to its event loop. Does nothing in the
 * main thread, so that tests can import the module.
 */
export function runUdpThread<Config>(
  listeners: Readonly<Record<string, Listener<Config>>>,
  layout: MessageLayout = linux64,
): void {
  if (isMainThread || !parentPort) return;
  const port = parentPort;
  const post = (message: FromUdpThread): void => port.postMessage(message);
  const { config, counters, options, faults, control } = workerData as UdpThreadStart<Config>;

  const libc = openLibc();
  if ('reason' in libc) {
    post({ type: 'unavailable', reason: libc.reason });
    return;
  }
  using sockets = new DisposableStack();
  try {
    const opened = open(libc, options, sockets);
    const reason = unfit(libc, layout, options);
    if (reason !== undefined) {
      post({ type: 'unavailable', reason });
      return;
    }
    const { name } = options;
    // Of a UDP listener: only its engine starts this thread.
    const declared = declareListeners(listeners, new CounterBlock(counters));
    const loop = new BatchLoop(libc, layout, opened, {
      protocol: listeners[name]?.serve(config, declared[name]) as UdpProtocol,
      counters: declared[name] as UdpCounters,
      rules: options,
      faults: faults && new SharedFaults(faults),
      notice: (message, fields) => post({ type: 'notice', message, fields: { listener: name, ...fields } }),
    });
    post({
      type: 'listening',
      addresses: opened.map(({ address, port }) => ({
        listener: name,
        protocol: 'udp',
        address,
        port,
        engine: 'batch',
      })),
    });
    loop.run(new EngineControl(control));
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    post({ type: 'refused', code: error.code, message: error.message });
  }
}

function open(libc: Libc, options: UdpListenerOptions, sockets: DisposableStack): readonly UdpSocket[] {
  const opened: UdpSocket[] = [];
  for (const host of options.host) {
    const place = { ...options, host, port: opened[0]?.port ?? options.port };
    try {
      const socket = new UdpSocket(libc, {
        host: listenText(host),
        port: place.port,
        reusePort: options.workers > 1,
        ipv6Only: leavesIpv4(options.host),
        receiveBufferBytes: RECEIVE_BUFFER_BYTES,
      });
      opened.push(sockets.adopt(socket, (it) => it.close()));
    } catch (error) {
      throw listenError(place, error as NodeJS.ErrnoException);
    }
  }
  return opened;
}

/** Why this machine's kernel and this engine do not fit together, if they don't. */
function unfit(libc: Libc, layout: MessageLayout, { host }: UdpListenerOptions): string | undefined {
  try {
    const wrong =
      datagramMismatch(libc, layout, 'ipv4') ??
      (host.some(isIPv6) ? datagramMismatch(libc, layout, 'ipv6') : undefined);
    return wrong && `its check against the kernel failed: ${wrong}`;
  } catch (error) {
    return `its check against the kernel failed: ${(error as Error).message}`;
  }
}
