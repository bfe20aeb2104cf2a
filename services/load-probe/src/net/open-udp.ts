import { createSocket, type Socket } from 'node:dgram';
import { type IpAddress, reachableText } from '@echo-daytime/addresses';
import { hostPort } from '../targets/target.ts';
import type { Failed } from './each-address.ts';
import { dialFailure, type FlowFailure, flowFailure, markAsOwn } from './failure.ts';

export interface OpenedUdp {
  /** Connected, without listeners. */
  readonly socket: Socket;
  /** `host:port` */
  readonly remote: string;
}

export function openUdp(address: IpAddress, port: number): Promise<OpenedUdp | Failed> {
  const { promise, resolve } = Promise.withResolvers<OpenedUdp | Failed>();
  const remote = hostPort(address.address, port);
  const socket = connectUdp(address, port);
  socket.once('error', (error) => {
    socket.removeAllListeners();
    socket.close();
    resolve({ failure: dialFailure(error, remote, address.family) });
  });
  socket.once('connect', () => {
    socket.removeAllListeners();
    resolve({ socket, remote });
  });
  return promise;
}

/** UDP does not tell which way a datagram got lost, or whether any did. */
export function udpSilence(remote: string, waitedMs: number, hint = ''): FlowFailure {
  return flowFailure('lost', `no answer from ${remote} within ${waitedMs} ms${hint}`);
}

/**
 * A UDP socket that is being connected, or the kernel would keep ICMP messages to itself, udp(7). Errors come as events
 * and never before this returns.
 */
export function connectUdp(to: IpAddress, port: number): Socket {
  const socket = createSocket({
    type: to.family === 6 ? 'udp6' : 'udp4',
    // Addresses only: nothing to look up. In a later turn, as the connect may fail before the error has a listener.
    lookup: (host, _options, callback) => process.nextTick(callback, null, host, to.family),
  });
  try {
    socket.prependListener('error', markConnectAsOwn);
    socket.once('connect', () => socket.removeListener('error', markConnectAsOwn));
    socket.connect(port, reachableText(to));
  } catch (error) {
    process.nextTick(() => socket.emit('error', error));
  }
  return socket;
}

/** To connect a UDP socket sends nothing. */
function markConnectAsOwn(error: NodeJS.ErrnoException): void {
  if (error.syscall === 'connect') markAsOwn(error);
}
