import { randomInt } from 'node:crypto';
import { isUdp, type Protocol } from '../../targets/protocol.ts';
import { DUPLICATE_WINDOW_MS, LATE_GRACE_MS } from '../sample.ts';

/** Ports that nothing listens on: dynamic ones of RFC 6335, and among those that Linux gives to flows. */
const FIRST_PORT = 49_152;
const LAST_PORT = 60_999;
/** A closed connection keeps its port: TIME_WAIT, a minute, and its timer may be 4 s late. */
const TIME_WAIT_MS = 65_000;

/** How many source ports a sweep has. Over TCP more, so that each can rest while the others have their turn. */
export function portCountOf(protocol: Protocol): number {
  return isUdp(protocol) ? 64 : 80;
}

/** The longest time for which a sample has its source port, milliseconds. */
export function portTimeMs(protocol: Protocol, timeoutMs: number): number {
  return timeoutMs + (isUdp(protocol) ? LATE_GRACE_MS + DUPLICATE_WINDOW_MS : TIME_WAIT_MS);
}

/** A source port of a sweep. */
export interface SourcePort {
  readonly port: number;
}

interface HeldPort {
  port: number;
  isUnderWay: boolean;
}

/** The source ports of a sweep, which its samples use in turn. */
export class SourcePorts {
  readonly #held: HeldPort[] = [];
  #next = 0;

  constructor(count: number) {
    for (let index = 0; index < count; index += 1) {
      this.#held.push({ port: this.#unused(), isUnderWay: false });
    }
  }

  /** The next port that no sample has; undefined where all are in use. */
  take(): SourcePort | undefined {
    const held = this.#held;
    for (let tries = 0; tries < held.length; tries += 1) {
      const port = held[this.#next]!;
      this.#next = (this.#next + 1) % held.length;
      if (port.isUnderWay) continue;
      port.isUnderWay = true;
      return port;
    }
    return undefined;
  }

  /** Another port in the place of one that is taken. */
  replace(taken: SourcePort): void {
    (taken as HeldPort).port = this.#unused();
  }

  giveBack(taken: SourcePort): void {
    (taken as HeldPort).isUnderWay = false;
  }

  #unused(): number {
    for (;;) {
      const port = randomInt(FIRST_PORT, LAST_PORT + 1);
      if (this.#held.every((held) => held.port !== port)) return port;
    }
  }
}
