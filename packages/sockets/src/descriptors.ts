import type { Server, Socket } from 'node:net';

/**
 * Connections do not use these descriptors: the admin listener and files need some when all others are in use. Without
 * any, libuv would close every queued connection without an error (`uv__emfile_trick` in its src/unix/stream.c).
 */
export const RESERVED_DESCRIPTORS = 32;

/**
 * The number of a socket's descriptor, -1 where it has none. The kernel gives the lowest free number (open(2)), so the
 * number shows how many descriptors are in use.
 */
export function descriptorOf(socket: Socket | Server): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } };
  return handle?.fd ?? -1;
}
