import { createSocket, type Socket } from 'node:dgram';
import type { Address } from './find-addresses.ts';
import { type FlowFailure, failureOfDial } from './flow-failure.ts';
import { hostPort } from './target.ts';

export type OpenedUdp =
  | { readonly socket: Socket; readonly peer: string }
  | { readonly socket?: never; readonly peer: string; readonly failure: FlowFailure };

/**
 * A UDP socket on its way to being connected, or the kernel would keep ICMP answers to itself, udp(7).
 *
 * @param listen is given the socket before it connects: without a descriptor left, say, its `error` comes before this
 *   function returns, and who listens only then waits for ever
 */
export function connectUdp(
  { address, family }: Address,
  port: number,
  listen: (socket: Socket) => void,
): Socket {
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    // Addresses only: nothing to look up.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  listen(socket);
  socket.connect(port, address);
  return socket;
}

/** A socket that is connected. */
export function openUdp(address: Address, port: number): Promise<OpenedUdp> {
  const { promise, resolve } = Promise.withResolvers<OpenedUdp>();
  const peer = hostPort(address.address, port);
  connectUdp(address, port, (socket) => {
    socket.once('error', (error) => {
      socket.close();
      resolve({ peer, failure: failureOfDial(error, peer, address.family) });
    });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve({ socket, peer });
    });
  });
  return promise;
}
