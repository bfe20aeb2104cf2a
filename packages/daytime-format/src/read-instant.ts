import { MS_PER_HOUR, MS_PER_SECOND } from './calendar.ts';
import { DaytimeParseError } from './daytime-parse-error.ts';
import type { Fields } from './layouts.ts';
import { openZone, type Zone } from './zone.ts';

const utc = openZone('UTC');

/**
 * Hours ahead of UTC for abbreviations with a single meaning: those of RFC 822 section 5.1, and
 * unambiguous European ones.
 */
const knownAbbreviations: ReadonlyMap<string, number> = new Map([
  ['Z', 0],
  ['UT', 0],
  ['UTC', 0],
  ['GMT', 0],
  ['EST', -5],
  ['EDT', -4],
  ['CST', -6],
  ['CDT', -5],
  ['MST', -7],
  ['MDT', -6],
  ['PST', -8],
  ['PDT', -7],
  ['WET', 0],
  ['WEST', 1],
  ['CET', 1],
  ['CEST', 2],
  ['EET', 2],
  ['EEST', 3],
]);

/**
 * The instant in milliseconds since the Unix epoch at which a clock showed the local time. The
 * first of these decides: a numeric offset, an abbreviation that the given zone has at that time,
 * an abbreviation of the table above, the given zone.
 *
 * @param zone the zone of the clock that was read, UTC if undefined
 * @throws DaytimeParseError with code `zone` or, for an impossible offset, `value`
 */
export function readInstant(localMs: number, fields: Fields, zone: Zone | undefined, text: string): number {
  // Go cuts the seconds off its offset but not off an abbreviation that is a number.
  const offset = isNumeric(fields.zone) ? fields.zone : fields.offset;
  if (offset !== undefined) return localMs - readOffset(offset, text);

  const candidates = (zone ?? utc).instantsOf(localMs);
  if (fields.zone !== undefined) {
    const letters = fields.zone;
    const match = candidates.find((instant) => (zone ?? utc).abbreviationAt(instant) === letters);
    if (match !== undefined) return match;
    const hours = knownAbbreviations.get(letters.toUpperCase());
    if (hours !== undefined) return localMs - hours * MS_PER_HOUR;
    if (zone === undefined) {
      const known = [...knownAbbreviations.keys()].join(', ');
      throw new DaytimeParseError(
        'zone',
        `a numeric offset or one of ${known}, or the zone of the server`,
        text,
      );
    }
  }
  const [earliest] = candidates;
  if (earliest === undefined) {
    throw new DaytimeParseError('zone', `a local time that occurs in ${(zone ?? utc).name}`, text);
  }
  return earliest;
}

function isNumeric(zone: string | undefined): zone is string {
  return zone !== undefined && /^[+-]/.test(zone);
}

/** Milliseconds ahead of UTC. */
function readOffset(offset: string, text: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = (offset.match(/\d\d/g) ?? []).map(Number);
  if (hours > 23 || minutes > 59 || seconds > 59) {
    throw new DaytimeParseError('value', 'an offset of less than a day', text);
  }
  const size = ((hours * 60 + minutes) * 60 + seconds) * MS_PER_SECOND;
  return offset.startsWith('-') ? -size : size;
}
