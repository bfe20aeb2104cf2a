import { readFileSync, readlinkSync } from 'node:fs';

/** Columns of /proc/net/tcp and tcp6, https://docs.kernel.org/networking/proc_net_tcp.html */
const QUEUES_COLUMN = 4;
const INODE_COLUMN = 9;

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
   * @param owedBytes those of them that the kernel has not taken yet
   */
  unacknowledged(descriptor: number, owedBytes: number): number | undefined {
    const inode = inodeOf(descriptor);
    if (inode === undefined) return undefined;
    this.#bytesByInode ??= new Map([...queuesIn('/proc/net/tcp'), ...queuesIn('/proc/net/tcp6')]);
    const queued = this.#bytesByInode.get(inode);
    return queued === undefined ? undefined : queued + owedBytes;
  }
}

function inodeOf(fd: number): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1];
  } catch {
    return undefined;
  }
}

/** What each socket of a table such as /proc/net/tcp has to send or unacknowledged; nothing where there is no such table. */
export function queuesIn(table: string): [inode: string, bytes: number][] {
  let text: string;
  try {
    text = readFileSync(table, 'latin1');
  } catch {
    // Not Linux, or no IPv6.
    return [];
  }
  const rows = text.trimEnd().split('\n').slice(1);
  return rows.map((row) => {
    const columns = row.trim().split(/\s+/);
    const [sendQueue = ''] = (columns[QUEUES_COLUMN] ?? '').split(':');
    return [columns[INODE_COLUMN] ?? '', Number.parseInt(sendQueue, 16)];
  });
}
