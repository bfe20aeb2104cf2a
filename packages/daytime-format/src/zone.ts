import { MS_PER_DAY, MS_PER_SECOND } from './calendar.ts';

// CLDR lists under each locale only the abbreviations used in that region: en-US has EST and no
// CET, en-GB has CET and no EST. The first locale with an abbreviation for the zone decides.
const abbreviationLocales = ['en-US', 'en-GB', 'en-AU', 'en-CA', 'en-IN', 'en-ZA', 'ja'] as const;

/** A time zone. All instants are in milliseconds since the Unix epoch. */
export class Zone {
  /** The name that the zone was opened with. */
  readonly name: string;
  readonly #offsetFormat: Intl.DateTimeFormat;
  #abbreviationFormats: readonly Intl.DateTimeFormat[] | undefined;

  constructor(name: string) {
    this.name = name;
    this.#offsetFormat = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      timeZoneName: 'longOffset',
    });
  }

  /** Milliseconds by which local time is ahead of UTC; a whole number of seconds. */
  offsetAt(epochMs: number): number {
    const text = this.#offsetFormat.format(epochMs);
    // Ends in GMT, GMT+05:45 or, for local mean times, GMT-00:44:30.
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
    if (match === null) throw new Error(`no UTC offset in ${JSON.stringify(text)}`);
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = match;
    const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    return (sign === '-' ? -size : size) * MS_PER_SECOND;
  }

  /** Letters such as UTC, EST or CEST, or undefined where the zone has only a numeric offset. */
  abbreviationAt(epochMs: number): string | undefined {
    this.#abbreviationFormats ??= abbreviationLocales.map(
      (locale) => new Intl.DateTimeFormat(locale, { timeZone: this.name, timeZoneName: 'short' }),
    );
    for (const format of this.#abbreviationFormats) {
      const letters = /\b[A-Z]{2,6}$/.exec(format.format(epochMs))?.[0];
      if (letters !== undefined) return letters;
    }
    return undefined;
  }

  /**
   * Whether the offset is larger than the smaller of the offsets on 1 January and on 1 July of the
   * year. That is summer time on both hemispheres.
   */
  isSummerTimeAt(epochMs: number): boolean {
    const offset = this.offsetAt(epochMs);
    const year = new Date(epochMs + offset).getUTCFullYear();
    const january = this.offsetAt(Date.UTC(year, 0, 1));
    const july = this.offsetAt(Date.UTC(year, 6, 1));
    return offset > Math.min(january, july);
  }

  /**
   * The instants at which clocks in the zone show a local time, given in milliseconds since
   * 1970-01-01 00:00:00 local: one, two where clocks were set back, none where they were set
   * forward; the earlier first.
   */
  instantsOf(localMs: number): readonly number[] {
    const instants = new Set<number>();
    // No offset reaches a day, so these are the offsets before and after any change nearby.
    for (const guess of [localMs - MS_PER_DAY, localMs + MS_PER_DAY]) {
      const instant = localMs - this.offsetAt(guess);
      if (instant + this.offsetAt(instant) === localMs) instants.add(instant);
    }
    return [...instants].sort((a, b) => a - b);
  }
}

/**
 * Opens a zone, once, for any number of uses.
 *
 * @param name an IANA name such as Europe/Berlin, in any case, or an offset such as +05:30
 * @throws RangeError if there is no such zone
 */
export function openZone(name: string): Zone {
  try {
    return new Zone(name);
  } catch (cause) {
    throw new RangeError(
      `unknown time zone ${JSON.stringify(name)}: use an IANA name such as UTC, Europe/Berlin or America/New_York, or an offset such as +05:30`,
      { cause },
    );
  }
}
