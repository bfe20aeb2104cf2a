import type { AsyncUdp } from './async-udp.ts';
import { AsyncUdpSocket } from './async-udp-socket.ts';
import type { AsyncUdpOptions } from './socket-options.ts';

/** Unused sockets that are kept for each set of options: the flows that may end in a busy moment. */
const MAX_UNUSED = 1_000;
/** Sockets that were not needed for this long are closed. */
const UNNEEDED_MS = 10_000;

interface Unused {
  readonly sockets: AsyncUdpSocket[];
  /** The fewest that there were since the last look: so many were not needed. */
  fewest: number;
}

/** Sockets for flows that are short: each flow has a port of its own, but not each a new socket. */
export class AsyncUdpPool {
  readonly #udp: AsyncUdp;
  /** By `keyOf` their options. */
  readonly #unused = new Map<number, Unused>();
  #timer: NodeJS.Timeout | undefined;

  constructor(udp: AsyncUdp) {
    this.#udp = udp;
  }

  /** A socket without an address. @throws Error of the system */
  take(family: 4 | 6, options: AsyncUdpOptions): AsyncUdpSocket {
    const unused = this.#unusedOf(family, options);
    const socket = unused.sockets.pop();
    unused.fewest = Math.min(unused.fewest, unused.sockets.length);
    return socket ?? new AsyncUdpSocket(this.#udp, family, options);
  }

  /** Ends the flow of a socket. @param options those with which it was taken */
  giveBack(socket: AsyncUdpSocket, family: 4 | 6, options: AsyncUdpOptions): void {
    const { sockets } = this.#unusedOf(family, options);
    if (sockets.length < MAX_UNUSED && socket.reset()) sockets.push(socket);
    else socket.close();
    this.#timer ??= setInterval(() => this.#closeUnneeded(), UNNEEDED_MS).unref();
  }

  #closeUnneeded(): void {
    let count = 0;
    for (const unused of this.#unused.values()) {
      for (const socket of unused.sockets.splice(0, unused.fewest)) socket.close();
      unused.fewest = unused.sockets.length;
      count += unused.fewest;
    }
    if (count > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #unusedOf(family: 4 | 6, options: AsyncUdpOptions): Unused {
    const key = keyOf(family, options);
    let unused = this.#unused.get(key);
    if (unused === undefined) {
      unused = { sockets: [], fewest: 0 };
      this.#unused.set(key, unused);
    }
    return unused;
  }
}

/** Four bits, a byte and one more value, twice: 22 bits. */
function keyOf(family: 4 | 6, options: AsyncUdpOptions): number {
  const { dontFragment, receiveHeader, timestamps, trafficClass = -1, ttl = -1 } = options;
  const flags = [family === 6, dontFragment, receiveHeader, timestamps];
  const bits = flags.reduce((sum, flag) => 2 * sum + (flag ? 1 : 0), 0);
  return (bits * 257 + trafficClass + 1) * 257 + ttl + 1;
}
