import { createSocket, type Socket } from 'node:dgram';
import { type IpAddress, reachableText } from '@echo-daytime/addresses';
import { type FlowFailure, flowFailure, markAsOwn } from './failure.ts';

/** The failure of a request without a reply. Over UDP it is unknown whether the request or the reply was lost. */
export function udpSilence(remote: string, waitedMs: number, hint = ''): FlowFailure {
  return flowFailure('lost', `no answer from ${remote} within ${waitedMs} ms${hint}`);
}

/**
 * Starts to connect a UDP socket. The kernel reports ICMP messages to connected sockets only (udp(7)). Errors come as
 * events, and never before this returns.
 */
export function connectUdp(to: IpAddress, port: number, localPort?: number): Socket {
  const socket = createSocket({
    type: to.family === 6 ? 'udp6' : 'udp4',
    // The host is an address, so there is no lookup. The next tick: a connect that fails at once must find a listener.
    lookup: (host, _options, callback) => process.nextTick(callback, null, host, to.family),
  });
  try {
    socket.prependListener('error', markConnectAsOwn);
    socket.once('connect', () => socket.removeListener('error', markConnectAsOwn));
    const host = reachableText(to);
    if (localPort === undefined) socket.connect(port, host);
    else socket.bind(localPort, () => socket.connect(port, host));
  } catch (error) {
    process.nextTick(() => socket.emit('error', error));
  }
  return socket;
}

/** Connecting a UDP socket sends no packet, so an error of the connect comes from this host itself. */
function markConnectAsOwn(error: NodeJS.ErrnoException): void {
  if (error.syscall === 'connect') markAsOwn(error);
}
