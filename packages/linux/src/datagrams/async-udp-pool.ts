import type { AsyncUdp } from './async-udp.ts';
import { AsyncUdpSocket } from './async-udp-socket.ts';
import type { AsyncUdpOptions } from './socket-options.ts';

/** Unused sockets that are kept for each set of options: the flows that may end in a busy moment. */
const MAX_UNUSED = 1_000;

/** Sockets for flows that are short: each flow has a port of its own, but not each a new socket. */
export class AsyncUdpPool {
  readonly #udp: AsyncUdp;
  /** By `keyOf` their options. */
  readonly #unused = new Map<number, AsyncUdpSocket[]>();

  constructor(udp: AsyncUdp) {
    this.#udp = udp;
  }

  /** A socket without an address. @throws Error of the system */
  take(family: 4 | 6, options: AsyncUdpOptions): AsyncUdpSocket {
    return this.#unusedOf(family, options).pop() ?? new AsyncUdpSocket(this.#udp, family, options);
  }

  /** Ends the flow of a socket. @param options those with which it was taken */
  giveBack(socket: AsyncUdpSocket, family: 4 | 6, options: AsyncUdpOptions): void {
    const unused = this.#unusedOf(family, options);
    if (unused.length < MAX_UNUSED && socket.reset()) unused.push(socket);
    else socket.close();
  }

  #unusedOf(family: 4 | 6, options: AsyncUdpOptions): AsyncUdpSocket[] {
    const key = keyOf(family, options);
    let unused = this.#unused.get(key);
    if (unused === undefined) {
      unused = [];
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
