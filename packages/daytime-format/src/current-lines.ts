import { NS_PER_SECOND } from './calendar.ts';
import { formatDaytime } from './format.ts';
import type { FormatName } from './formats.ts';
import type { Zone } from './zone.ts';

/** Formats that show no more than the second: their line is worked out once in a second. */
const wholeSecondFormats: ReadonlySet<FormatName> = new Set(['timestamp', 'rfc867', 'smtp', 'ctime', 'nist']);

/** Time since the Unix epoch, in two forms: a cheap number, and the finest resolution that the system has. */
export interface Clock {
  milliseconds(): number;
  nanoseconds(): bigint;
}

/** The line of this moment as bytes to send. Many replies share one line, so never write into it. */
export class CurrentLines {
  readonly #zone: Zone;
  readonly #clock: Clock;
  readonly #cached = new Map<FormatName, { second: number; line: Uint8Array }>();

  constructor(zone: Zone, clock: Clock) {
    this.#zone = zone;
    this.#clock = clock;
  }

  line(format: FormatName): Uint8Array {
    const cached = this.#cached.get(format);
    if (cached?.second === Math.floor(this.#clock.milliseconds() / MS_PER_SECOND)) return cached.line;
    const instant = this.#clock.nanoseconds();
    const line = new TextEncoder().encode(formatDaytime(instant, format, this.#zone));
    if (wholeSecondFormats.has(format)) {
      this.#cached.set(format, { second: Number(instant / NS_PER_SECOND), line });
    }
    return line;
  }
}

const MS_PER_SECOND = 1_000;

/** The host's clock. */
export const hostClock: Clock = {
  milliseconds: Date.now,
  nanoseconds: () => Temporal.Now.instant().epochNanoseconds,
};
