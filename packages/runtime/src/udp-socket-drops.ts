import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { BoundAddress } from '@echo-daytime/worker';
import { Counter, type Registry } from 'prom-client';
import type { Listeners } from './faults/fault-control.ts';

/** Linux's lists of the UDP sockets of a network namespace: proc_net(5). */
const TABLES = ['/proc/net/udp', '/proc/net/udp6'];
/** Columns of a line of such a list. */
const LOCAL_ADDRESS = 1;
const INODE = 9;
const DROPS = 12;

/**
 * What the kernel dropped at the UDP sockets of this process before it could be read, because the receive buffer was
 * full or the checksum wrong. From outside it looks like loss on the path.
 */
export class UdpSocketDrops {
  readonly #totals: Map<string, number>;
  /** Drops of each socket at the last read, by inode; the sockets of other processes are `foreign`. */
  #sockets: ReadonlyMap<string, number | 'foreign'> = new Map();

  constructor(listeners: readonly string[]) {
    this.#totals = new Map(listeners.map((listener) => [listener, 0]));
  }

  /**
   * Datagrams since the start, by listener. The drops of a closed socket stay counted, as of the last read.
   *
   * @param addresses what is bound now; port numbers tell listeners apart
   */
  read(addresses: readonly BoundAddress[]): ReadonlyMap<string, number> {
    try {
      this.#update(new Map(addresses.filter(isUdp).map(({ port, listener }) => [port, listener])));
    } catch {
      // No file descriptor is free to read with: the last totals hold until the next read.
    }
    return this.#totals;
  }

  #update(listenerOf: ReadonlyMap<number, string>): void {
    const lines = TABLES.flatMap(readTable).filter(({ port }) => listenerOf.has(port));
    // The files of the process may be many: they are read only when a socket is new.
    const own = lines.every(({ inode }) => this.#sockets.has(inode)) ? undefined : ownSockets();
    const sockets = new Map<string, number | 'foreign'>();
    for (const { inode, port, drops } of lines) {
      const before = this.#sockets.get(inode) ?? (own?.has(inode) ? 0 : 'foreign');
      if (before === 'foreign') {
        sockets.set(inode, before);
      } else {
        sockets.set(inode, drops);
        const listener = listenerOf.get(port)!;
        this.#totals.set(listener, (this.#totals.get(listener) ?? 0) + drops - before);
      }
    }
    this.#sockets = sockets;
  }
}

function isUdp({ protocol }: BoundAddress): boolean {
  return protocol === 'udp';
}

/** Shows the drops of a service's UDP listeners, where the system counts them. */
export function openUdpSocketMetrics(
  registry: Registry,
  listeners: Listeners,
  bound: () => readonly BoundAddress[],
): void {
  const names = Object.keys(listeners).filter((name) => listeners[name] === 'udp');
  if (names.length === 0 || !existsSync(TABLES[0]!)) return;
  const drops = new UdpSocketDrops(names);
  new Counter({
    name: 'l4_udp_socket_drops_total',
    help: 'Datagrams that the kernel dropped at a socket of the listener before they could be read.',
    labelNames: ['listener'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [listener, total] of drops.read(bound())) this.inc({ listener }, total);
    },
  });
}

interface SocketLine {
  readonly inode: string;
  readonly port: number;
  readonly drops: number;
}

function readTable(path: string): SocketLine[] {
  // A system without IPv6 has no table of it.
  if (!existsSync(path)) return [];
  const [, ...lines] = readFileSync(path, 'latin1').trimEnd().split('\n');
  return lines.map((line) => {
    const columns = line.trim().split(/\s+/);
    const [, port = ''] = columns[LOCAL_ADDRESS]!.split(':');
    return { inode: columns[INODE]!, port: Number.parseInt(port, 16), drops: Number(columns[DROPS]) };
  });
}

/** The inodes of this process's sockets, those of its worker threads among them. */
function ownSockets(): ReadonlySet<string> {
  const folder = '/proc/self/fd';
  const inodes = readdirSync(folder).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/${fd}`))?.[1];
    } catch {
      // Closed since the folder was read.
      return undefined;
    }
  });
  return new Set(inodes.filter((inode) => inode !== undefined));
}
