import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type OnReadOpts, Socket } from 'node:net';
import { type IpAddress, reachableText } from '@echo-daytime/addresses';

export interface TcpSocketOptions {
  readonly allowHalfOpen?: boolean;
  readonly onread?: OnReadOpts;
}

/** A connection under way. Whatever is wrong, with the zone of the address too, comes as an error of the socket. */
export function connectTcp(to: IpAddress, port: number, options: TcpSocketOptions = {}): Socket {
  try {
    const socket = connect({ host: reachableText(to), port, family: to.family, noDelay: true, ...options });
    process.nextTick(markEarlyFailure, socket);
    return socket;
  } catch (error) {
    return new Socket().destroy(error as Error);
  }
}

/**
 * A UDP socket that is being connected, or the kernel would keep ICMP answers to itself, udp(7). Errors come as events
 * and never before this returns.
 */
export function connectUdp(to: IpAddress, port: number): UdpSocket {
  const socket = createSocket({
    type: to.family === 6 ? 'udp6' : 'udp4',
    // Addresses only: nothing to look up. Later, as what follows may fail: nobody listens yet.
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

/** Node connects in the next turn: what fails before anything has left is destroyed by then. */
function markEarlyFailure(socket: Socket): void {
  if (socket.destroyed) socket.prependOnceListener('error', markAsOwn);
}

function markAsOwn(error: Error): void {
  Object.assign(error, { isOwn: true });
}

/** To connect a UDP socket sends nothing. */
function markConnectAsOwn(error: NodeJS.ErrnoException): void {
  if (error.syscall === 'connect') markAsOwn(error);
}
