import { inodeOf, socketsOf } from '@echo-daytime/linux/proc';

/**
 * What peers have not acknowledged yet. The kernel reports room for more only when a third of a send buffer of
 * up to megabytes is free, so a slow reader shows here long before a write gets on. One snapshot serves all
 * connections that are looked up at the same time; the tables are read with the first of them.
 */
export class SendQueues {
  #bytesByInode: ReadonlyMap<string, number> | undefined;

  /**
   * Bytes on this side of the peer; undefined where the system does not tell.
   *
   * @param pendingBytes those of them that the kernel has not taken yet
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
