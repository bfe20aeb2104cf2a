import { inodeOf, socketsOf } from '@echo-daytime/linux/proc';

/**
 * Bytes that peers have not acknowledged yet. The kernel reports a socket writable only when a third of its send buffer
 * of up to megabytes is free, so here a slow reader shows progress long before the next write succeeds. One snapshot
 * serves all connections of one check; the first look-up reads the tables.
 */
export class SendQueues {
  #bytesByInode: ReadonlyMap<string, number> | undefined;

  /**
   * Bytes that the peer has not acknowledged; undefined where the system does not say.
   *
   * @param pendingBytes the part that the kernel has not taken yet
   */
  unacknowledged(descriptor: number, pendingBytes: number): number | undefined {
    const inode = inodeOf(descriptor);
    if (inode === undefined) return undefined;
    this.#bytesByInode ??= new Map(
      (socketsOf('tcp') ?? []).map((socket) => [socket.inode, socket.sendQueue]),
    );
    const queued = this.#bytesByInode.get(inode);
    return queued === undefined ? undefined : queued + pendingBytes;
  }
}
