import { NS_PER_SECOND } from './calendar.ts';
import { formatDaytime } from './format.ts';
import type { FormatName } from './formats.ts';
import type { Zone } from './zone.ts';

/** Formats that show no more than the second: their line is worked out once in a second. */
const wholeSecondFormats: ReadonlySet<FormatName> = new Set(['timestamp', 'rfc867', 'smtp', 'ctime', 'nist']);

/** The line of this moment as bytes to send. A line may be shared by many answers: never write into one. */
export class CurrentLines {
  readonly #zone: Zone;
  readonly #now: () => bigint;
  readonly #cached = new Map<FormatName, { second: bigint; line: Uint8Array }>();

  /** @param now the clock, nanoseconds since the Unix epoch */
  constructor(zone: Zone, now: () => bigint) {
    this.#zone = zone;
    this.#now = now;
  }

  line(format: FormatName): Uint8Array {
    const instant = this.#now();
    const second = instant / NS_PER_SECOND;
    const cached = this.#cached.get(format);
    if (cached?.second === second) return cached.line;
    const line = new TextEncoder().encode(formatDaytime(instant, format, this.#zone));
    if (wholeSecondFormats.has(format)) this.#cached.set(format, { second, line });
    return line;
  }
}

/** The host's clock, nanoseconds since the Unix epoch, as fine as the system shows it. */
export function hostClock(): bigint {
  return Temporal.Now.instant().epochNanoseconds;
}
