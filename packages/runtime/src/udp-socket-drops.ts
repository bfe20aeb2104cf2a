import { ownInodes, socketsOf } from '@echo-daytime/linux/proc';
import type { BoundAddress } from '@echo-daytime/worker';
import { Counter, type Registry } from 'prom-client';
import type { Listeners } from './faults/fault-control.ts';

/**
 * Datagrams that the kernel dropped at the UDP sockets of this process because the receive buffer was full or the
 * checksum was wrong. To a client it looks like loss on the path.
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
   * @param addresses the addresses bound now; the port number identifies the listener
   */
  read(addresses: readonly BoundAddress[]): ReadonlyMap<string, number> {
    try {
      this.#update(new Map(addresses.filter(isUdp).map(({ port, listener }) => [port, listener])));
    } catch {
      // No file descriptor is free for reading /proc, so the last totals are returned.
    }
    return this.#totals;
  }

  #update(listenerOf: ReadonlyMap<number, string>): void {
    const bound = socketsOf('udp')?.filter(({ localPort }) => listenerOf.has(localPort));
    if (!bound) return;
    // The process may have many files, so they are listed only when there is a new socket.
    const own = bound.every(({ inode }) => this.#sockets.has(inode)) ? undefined : ownInodes();
    const sockets = new Map<string, number | 'foreign'>();
    for (const { inode, localPort, drops } of bound) {
      const before = this.#sockets.get(inode) ?? (own?.has(inode) ? 0 : 'foreign');
      if (before === 'foreign') {
        sockets.set(inode, before);
      } else {
        sockets.set(inode, drops);
        const listener = listenerOf.get(localPort)!;
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
  if (names.length === 0 || socketsOf('udp') === undefined) return;
  const drops = new UdpSocketDrops(names);
  new Counter({
    name: 'l4_udp_socket_drops_total',
    help: "Datagrams that the kernel dropped at the listener's sockets: receive buffer full or checksum wrong.",
    labelNames: ['listener'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [listener, total] of drops.read(bound())) this.inc({ listener }, total);
    },
  });
}
