import { randomInt } from 'node:crypto';
import { isUdp, type Protocol } from '../../targets/protocol.ts';
import { DUPLICATE_WINDOW_MS, LATE_GRACE_MS } from '../sample.ts';

/** Ports that nothing listens on: dynamic ones of RFC 6335, and among those that Linux gives to flows. */
const FIRST_PORT = 49_152;
const LAST_PORT = 60_999;
/** A closed connection keeps its port: TIME_WAIT, a minute, and its timer may be 4 s late. */
const TIME_WAIT_MS = 65_000;
/** Over TCP the ports that rest must last for TIME_WAIT. */
const PORTS = { udp: { ready: 40, resting: 24 }, tcp: { ready: 64, resting: 80 } };

export function sourcePortsOf(protocol: Protocol): SourcePorts {
  const { ready, resting } = isUdp(protocol) ? PORTS.udp : PORTS.tcp;
  return new SourcePorts(ready, resting);
}

export function portCountOf(protocol: Protocol): number {
  const { ready, resting } = isUdp(protocol) ? PORTS.udp : PORTS.tcp;
  return ready + resting;
}

/** The shortest interval at which a source port is free again when it is used again, milliseconds. */
export function minSweepIntervalMs(protocol: Protocol, timeoutMs: number): number {
  if (!isUdp(protocol)) return Math.ceil((timeoutMs + TIME_WAIT_MS) / PORTS.tcp.resting);
  // Free as soon as its sample is over.
  return Math.ceil((timeoutMs + LATE_GRACE_MS + DUPLICATE_WINDOW_MS) / portCountOf(protocol));
}

/**
 * The source ports of a sweep, in a random order that changes all the time. In a fixed order, loss that comes regularly
 * could hit the same ports each time, and would look like that of a path.
 */
export class SourcePorts {
  readonly #resting: number;
  readonly #used = new Set<number>();
  /** Those that no sample has, the one that has rested longest first. */
  readonly #free: number[] = [];

  /**
   * @param ready ports of which any may be the next
   * @param resting other ports, for how many samples a port rests at least
   */
  constructor(ready: number, resting: number) {
    this.#resting = resting;
    while (this.#free.length < ready + resting) this.#free.push(this.#draw());
  }

  /** A port, which no sample has until it is given back; undefined where there is none. */
  take(): number | undefined {
    const ready = Math.max(1, this.#free.length - this.#resting);
    // Of two the one that has rested longer: with any of them a port might not have its turn for several rounds.
    const [port] = this.#free.splice(Math.min(randomInt(ready), randomInt(ready)), 1);
    return port;
  }

  /** Another port in the place of one that another flow of this host has. */
  replace(taken: number): number {
    const port = this.#draw();
    this.#used.delete(taken);
    return port;
  }

  giveBack(port: number): void {
    this.#free.push(port);
  }

  #draw(): number {
    for (;;) {
      const port = randomInt(FIRST_PORT, LAST_PORT + 1);
      if (this.#used.has(port)) continue;
      this.#used.add(port);
      return port;
    }
  }
}
