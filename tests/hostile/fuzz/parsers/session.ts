import {
  formatDaytime,
  formatDescriptions,
  formats,
  openZone,
  parseDaytime,
} from '@echo-daytime/daytime-format';
import { sessionTcp } from '../../../../services/daytime/src/session-tcp.ts';
import { promise } from '../../scenario.ts';
import type { FuzzedParser } from '../parsers.ts';
import { converse } from '../peer-connection.ts';
import { readPieces, writePieces } from '../pieces.ts';

const MAX_REQUEST = 128;
const RESPONDER = 'pod=echo-7d9f node=n1';
const NOW = 1_700_000_000_123_456_789n;
const zone = openZone('UTC');
const lines = new Map(formats.map((format) => [format, Buffer.from(formatDaytime(NOW, format, zone))]));
const TOO_LONG = `error: request longer than ${MAX_REQUEST} bytes; send the name of a format, or help`;
export const helpLines: readonly string[] = [
  'A request is the name of a format and a newline. Anything else gets the default format.',
  ...formats.map((format) => `${format.padEnd(12)} ${formatDescriptions[format]}`),
  'who          who answers: the names of its pod, node and zone, or its host',
];

const protocol = sessionTcp({
  format: 'rfc867',
  maxRequest: MAX_REQUEST,
  responder: RESPONDER,
  line: (format) => lines.get(format)!,
});

/** Requests of a session: each gets one line that a client can parse, or the help. */
export const parser: FuzzedParser = {
  name: 'session',
  inputs: { brief: 1_000, full: 100_000 },
  batch: 1_000,
  maxBytes: 1_024,
  covers: ['services/daytime/src/session-tcp.ts', 'packages/daytime-format/src/formats.ts'],
  leastCoverage: 97,
  dictionary: [
    ...formats,
    ...['help', 'who', 'HELP\\r\\n', '\\n', '\\r\\n', '\\r', '\\n\\n\\n', ' ', '\\v', '\\xa0', '\\0'],
  ],
  seeds: [
    ...formats.map((format) => writePieces(0, `${format}\n`, `${format.toUpperCase()}\r`, '\n')),
    writePieces(0, 'help\n', ' HELP\r\n', 'help'),
    writePieces(0, 'who\n', ' WHO \r\n', 'wh'),
    writePieces(1, 'timestamp\ntimestamp\n', 'x'.repeat(100), 'y'.repeat(100), '\n'),
    // The second piece comes after a gap, which ends the previous request.
    Buffer.concat([Buffer.from([0, 2, 9, 0x82]), Buffer.from('timestamp\r\niso8601')]),
  ],

  attempt(input) {
    const { setting, pieces } = readPieces(input);
    const { answer, reason } = converse(protocol, pieces, setting % 2 === 1);
    const text = answer.toString('latin1');
    promise(
      text === '' || text.endsWith('\r\n'),
      () => `the answer ends within a line: ${JSON.stringify(text)}`,
    );
    const answers = text.split('\r\n').slice(0, -1);
    const kinds = new Set(answers.map(kindOf));
    const stream = Buffer.concat(pieces.map(({ bytes }) => bytes)).toString('latin1');
    checkCount(
      answers,
      stream,
      pieces.some(({ afterGap }) => afterGap),
    );
    promise(kinds.has('error') === (reason === 'protocol'), () => `${reason} after ${[...kinds].join(', ')}`);
    return `${[...kinds].sort().slice(0, 2).join(' ')} ${reason} ${setting % 2}`;
  },
};

function kindOf(line: string, index: number, answers: readonly string[]): string {
  if (helpLines.includes(line)) return 'help';
  if (line === `who ${RESPONDER}`) return 'who';
  if (line === TOO_LONG) {
    promise(index === answers.length - 1, () => 'there is more after the error');
    return 'error';
  }
  // Throws an error for an invalid line.
  const { format, resolution, instant } = parseDaytime(`${line}\r\n`, { zone });
  const late = NOW - instant;
  promise(late >= 0n && late < resolution, () => `${line} is not the time ${NOW}`);
  return format;
}

/** Expects one reply to each request, whether a newline, a gap or the FIN ended it. */
function checkCount(answers: readonly string[], stream: string, gaps: boolean): void {
  const newlines = stream.split('\n').length - 1;
  const requests = stream === '' || stream.endsWith('\n') ? newlines : newlines + 1;
  const helps = answers.filter((line) => line === helpLines[0]).length;
  const answered = answers.length - helps * (helpLines.length - 1);
  const refused = answers.at(-1) === TOO_LONG;
  // Every gap may end one more request, and may swallow the newline after it.
  if (gaps || refused)
    promise(answered <= stream.length, () => `${answered} answers to ${stream.length} bytes`);
  else promise(answered === requests, () => `${answered} answers to ${requests} requests`);
}
