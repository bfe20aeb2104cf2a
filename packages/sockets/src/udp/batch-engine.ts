import { isIPv6 } from 'node:net';
import { listenText } from '@echo-daytime/addresses';
import {
  datagramMismatch,
  EpollLoop,
  type Libc,
  linux64,
  type MessageLayout,
  UdpSocket,
} from '@echo-daytime/linux';
import type { BoundAddress } from '@echo-daytime/worker';
import { listenError } from '../bind.ts';
import { BatchAnswers } from './batch-answers.ts';
import type { DgramParts } from './dgram-engine.ts';
import { leavesIpv4, RECEIVE_BUFFER_BYTES, type UdpEngine, type UdpListenerOptions } from './engine.ts';

/**
 * recvmmsg and sendmmsg, which take many datagrams with one system call and answer from the address that was asked, on
 * the EpollLoop of this thread.
 */
export class BatchEngine implements UdpEngine {
  readonly addresses: readonly BoundAddress[];
  readonly #answers: BatchAnswers;
  readonly #sockets: DisposableStack;

  /**
   * @returns the engine, or why there can't be one here
   * @throws ListenError that names the listener, the address, the port and what to do
   */
  static async open(
    options: UdpListenerOptions,
    parts: DgramParts,
    layout: MessageLayout = linux64,
  ): Promise<BatchEngine | { readonly reason: string }> {
    const loop = await EpollLoop.open();
    if ('reason' in loop) return loop;
    using sockets = new DisposableStack();
    const opened = openSockets(loop.libc, options, sockets);
    const reason = unfit(loop.libc, layout, options);
    if (reason !== undefined) return { reason };
    const answers = new BatchAnswers(loop, layout, opened, options, parts);
    return new BatchEngine(options.name, opened, answers, sockets.move());
  }

  private constructor(
    listener: string,
    sockets: readonly UdpSocket[],
    answers: BatchAnswers,
    toClose: DisposableStack,
  ) {
    this.addresses = sockets.map(({ address, port }) => ({
      listener,
      protocol: 'udp',
      address,
      port,
      engine: 'batch',
    }));
    this.#answers = answers;
    this.#sockets = toClose;
  }

  async drain(): Promise<void> {
    this.#answers.close();
    this.#sockets.dispose();
  }
}

function openSockets(
  libc: Libc,
  options: UdpListenerOptions,
  sockets: DisposableStack,
): readonly UdpSocket[] {
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
