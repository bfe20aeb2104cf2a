import type { Socket } from 'node:net';
import { type Peer, tcpPeer } from './peers.ts';

/** Idle timeout of the peer, milliseconds. */
export const LIMIT_MS = 1_000;

/** An echo server with an idle timeout. @param onTimeout gets each connection that was idle for LIMIT_MS */
export function idleTimeoutPeer(onTimeout: (socket: Socket) => void): Promise<Peer> {
  return tcpPeer((socket) => {
    let timer: NodeJS.Timeout | undefined;
    socket.on('data', (bytes) => {
      clearTimeout(timer);
      socket.write(bytes);
      timer = setTimeout(onTimeout, LIMIT_MS, socket);
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => clearTimeout(timer));
  });
}
