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
import { BatchReplies } from './batch-replies.ts';
import type { DgramParts } from './dgram-engine.ts';
import { leavesIpv4, RECEIVE_BUFFER_BYTES, type UdpEngine, type UdpListenerOptions } from './engine.ts';

/**
 * recvmmsg(2) and sendmmsg(2) on the EpollLoop of this thread: many datagrams with one system call. A reply comes from
 * the address that the request was sent to.
 */
export class BatchEngine implements UdpEngine {
  readonly addresses: readonly BoundAddress[];
  readonly #replies: BatchReplies;
  readonly #sockets: DisposableStack;

  /**
   * @returns the engine, or why this system can't have one
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
    const receiveHeader = typeof parts.protocol !== 'function';
    const opened = openSockets(loop.libc, options, receiveHeader, sockets);
    const reason = unfit(loop.libc, layout, options, receiveHeader);
    if (reason !== undefined) return { reason };
    const replies = new BatchReplies(loop, layout, opened, options, parts);
    return new BatchEngine(options.name, opened, replies, sockets.move());
  }

  private constructor(
    listener: string,
    sockets: readonly UdpSocket[],
    replies: BatchReplies,
    toClose: DisposableStack,
  ) {
    this.addresses = sockets.map(({ address, port }) => ({
      listener,
      protocol: 'udp',
      address,
      port,
      engine: 'batch',
    }));
    this.#replies = replies;
    this.#sockets = toClose;
  }

  async drain(): Promise<void> {
    this.#replies.close();
    this.#sockets.dispose();
  }
}

function openSockets(
  libc: Libc,
  options: UdpListenerOptions,
  receiveHeader: boolean,
  sockets: DisposableStack,
): readonly UdpSocket[] {
  const opened: UdpSocket[] = [];
  for (const host of options.host) {
    const target = { ...options, host, port: opened[0]?.port ?? options.port };
    try {
      const socket = new UdpSocket(libc, {
        host: listenText(host),
        port: target.port,
        reusePort: options.workers > 1,
        ipv6Only: leavesIpv4(options.host),
        receiveBufferBytes: RECEIVE_BUFFER_BYTES,
        receiveHeader,
      });
      opened.push(sockets.adopt(socket, (it) => it.close()));
    } catch (error) {
      throw listenError(target, error as NodeJS.ErrnoException);
    }
  }
  return opened;
}

/** Why this engine does not work on this machine's kernel; undefined where it does. */
function unfit(
  libc: Libc,
  layout: MessageLayout,
  { host }: UdpListenerOptions,
  receiveHeader: boolean,
): string | undefined {
  try {
    const wrong =
      datagramMismatch(libc, layout, 'ipv4', receiveHeader) ??
      (host.some(isIPv6) ? datagramMismatch(libc, layout, 'ipv6', receiveHeader) : undefined);
    return wrong && `its check against the kernel failed: ${wrong}`;
  } catch (error) {
    return `its check against the kernel failed: ${(error as Error).message}`;
  }
}
