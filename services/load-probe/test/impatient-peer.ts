import type { Socket } from 'node:net';
import { type Peer, tcpPeer } from './peers.ts';

/** When the peer loses patience with an idle flow, milliseconds. */
export const LIMIT_MS = 1_000;

/** Echoes, and does something to each connection that was idle for the limit. */
export function impatientPeer(lose: (socket: Socket) => void): Promise<Peer> {
  return tcpPeer((socket) => {
    let timer: NodeJS.Timeout | undefined;
    socket.on('data', (bytes) => {
      clearTimeout(timer);
      socket.write(bytes);
      timer = setTimeout(lose, LIMIT_MS, socket);
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => clearTimeout(timer));
  });
}
