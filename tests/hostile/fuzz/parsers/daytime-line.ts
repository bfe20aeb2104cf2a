import {
  DaytimeParseError,
  formatDaytime,
  formats,
  openZone,
  parseDaytime,
} from '@echo-daytime/daytime-format';
import { promise } from '../../scenario.ts';
import type { FuzzedParser } from '../parsers.ts';

const NOW = 1_700_000_000_123_456_789n;
/** The last instant that is formatted: the end of the year 9999. Nanoseconds. */
const LAST_INSTANT = BigInt(Date.UTC(9999, 11, 31, 23, 59, 59)) * 1_000_000n;
const zone = openZone('Europe/Berlin');

/** A line from any daytime server. The first byte of the input decides whether the format is known. */
export const parser: FuzzedParser = {
  name: 'daytime-line',
  inputs: { brief: 1_000, full: 150_000 },
  batch: 2_000,
  maxBytes: 400,
  covers: [
    'packages/daytime-format/src/parse.ts',
    'packages/daytime-format/src/read-instant.ts',
    'packages/daytime-format/src/read-date-and-time.ts',
    'packages/daytime-format/src/layouts.ts',
    'packages/daytime-format/src/zone.ts',
  ],
  leastCoverage: 93,
  dictionary: (
    'Monday|Mon|, |February|Feb| 29|2024|0000|9999|10000|23:59:60|24:00:00|02:30|-UTC| UTC|CET|' +
    'CEST|+0100|+01:00|-1400|+24:00|Z|T|.|.123456789|\\r\\n|\\n|60345| 00 0 0 |UTC(NIST) *| OTM|' +
    '\\xe2\\x88\\x92|(|)|  '
  ).split('|'),
  seeds: [
    ...formats.map((format) => Buffer.from(`\0${formatDaytime(NOW, format, zone)}`)),
    ...formats.map((format, index) =>
      Buffer.from(`${String.fromCharCode(index + 1)}${formatDaytime(NOW, format, zone)}`),
    ),
    Buffer.from('\0\n60345 24-02-05 10:11:12 00 0 0 123.4 UTC(NIST) * \n'),
  ],

  attempt(input) {
    const format = formats[(input[0] ?? 0) - 1];
    const line = input.toString('latin1', 1);
    try {
      const parsed = parseDaytime(line, format === undefined ? { zone } : { zone, format });
      promise(
        format === undefined || parsed.format === format,
        () => `asked for ${format}, read ${parsed.format}`,
      );
      promise(parsed.resolution > 0n, () => `a step of ${parsed.resolution} ns`);
      // The parser reads more years than the formatter writes.
      if (parsed.instant < 0n || parsed.instant > LAST_INSTANT) return `${parsed.format} far away`;
      if (parsed.format === 'windows') return 'windows, which is only read';
      // Formatting the parsed time again must give a line that parses to the same time.
      const again = parseDaytime(formatDaytime(parsed.instant, parsed.format, zone), {
        zone,
        format: parsed.format,
      });
      const drift = parsed.instant - again.instant;
      promise(
        drift >= 0n && drift < again.resolution,
        () => `${parsed.instant} reads back as ${again.instant}`,
      );
      return `${parsed.format} by ${parsed.resolution}`;
    } catch (error) {
      if (!(error instanceof DaytimeParseError)) throw error;
      return `${error.code} ${format}`;
    }
  },
};
