import type { Server, Socket } from 'node:net';

/**
 * Kept free of connections, so that the admin listener answers and files open when all others are taken. Without it
 * libuv would close every connection that waits, and say nothing (`uv__emfile_trick` in its src/unix/stream.c).
 */
export const RESERVED_DESCRIPTORS = 32;

/**
 * The number of a socket's descriptor, -1 where it has none. The kernel gives the lowest that is free (open(2)), so it
 * tells how many are taken.
 */
export function descriptorOf(socket: Socket | Server): number {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { readonly fd?: number } };
  return handle?.fd ?? -1;
}
