import fc from 'fast-check';
import { openZone, type Zone } from '../src/index.ts';

const NS_PER_MS = 1_000_000n;
const LAST_INSTANT = 253_402_300_799_999_999_999n;

const opened = new Map<string, Zone>();

/** Opening a zone loads its data, so each zone is opened once for all tests of a file. */
export function zoneNamed(name: string): Zone {
  const zone = opened.get(name) ?? openZone(name);
  opened.set(name, zone);
  return zone;
}

/** Every zone that Node knows, and two forms that it does not list. */
export const anyZone = fc.constantFrom('UTC', '+05:30', ...Intl.supportedValuesOf('timeZone')).map(zoneNamed);

/** Any instant of the years 1970 to 9999, the two ends more often than by chance. */
export const anyInstant = fc.bigInt({ min: 0n, max: LAST_INSTANT });

/** A zone and an instant, half of them within two hours of a change of the zone's clocks. */
export const anyMoment = fc.oneof(
  fc.record({ zone: anyZone, instant: anyInstant }),
  fc
    .record({
      zone: anyZone,
      from: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      distanceMs: fc.integer({ min: -7_200_000, max: 7_200_000 }),
    })
    .map(({ zone, from, distanceMs }) => {
      const start = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone.name);
      const change = start.getTimeZoneTransition('next')?.epochMilliseconds ?? from;
      return { zone, instant: BigInt(Math.max(0, change + distanceMs)) * NS_PER_MS };
    }),
);
