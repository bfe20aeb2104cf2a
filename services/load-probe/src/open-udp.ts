import { createSocket, type Socket } from 'node:dgram';
import type { Address } from './find-addresses.ts';
import { type FlowFailure, failureOfDial } from './flow-failure.ts';
import { hostPort } from './target.ts';

export type OpenedUdp =
  | { readonly socket: Socket; readonly peer: string }
  | { readonly socket?: never; readonly peer: string; readonly failure: FlowFailure };

/** A socket that is connected, or the kernel would keep ICMP answers to itself, udp(7). */
export function openUdp({ address, family }: Address, port: number): Promise<OpenedUdp> {
  const { promise, resolve } = Promise.withResolvers<OpenedUdp>();
  const peer = hostPort(address, port);
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    // Addresses only: nothing to look up.
    lookup: (host, _options, callback) => callback(null, host, family),
  });
  socket.once('error', (error) => {
    socket.close();
    resolve({ peer, failure: failureOfDial(error, peer, family) });
  });
  socket.once('connect', () => {
    socket.removeAllListeners('error');
    resolve({ socket, peer });
  });
  socket.connect(port, address);
  return promise;
}
