import type { Readable } from 'node:stream';
import { unescapeC } from '@echo-daytime/c-escapes';
import { flagOf, type Key, text, wholeNumber } from '@echo-daytime/runtime';
import { type CommandLine, flag, option, optional, type TypedOptions } from '../../cli/options.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { readEndpoint } from '../../targets/endpoint.ts';
import { type Outgoing, readLineTemplate } from './outgoing.ts';
import type { ReadMode } from './pieces.ts';
import type { SendOptions } from './run.ts';

const MAX_LINES = 1_000_000;
const MAX_READ_BYTES = 1024 ** 2;
const IDLE_TIMES = { min: '0s', max: '24h' };

export const sendOptions = {
  data: optional('<text>', text('', String.raw`Text to send, with C escapes: \r\n \t \0 \xHH`, unescapeC)),
  lines: optional(
    '<n>',
    wholeNumber({ min: 1, max: MAX_LINES }, '10', 'Send this many lines, and read the replies meanwhile'),
  ),
  each: option(
    '<template>',
    text(
      'line {n}',
      'Template of a line, with C escapes; {n} is the line number; a line feed is added unless the template ends ' +
        'with a control character',
      readLineTemplate,
    ),
  ),
  interval: option(
    '<duration>',
    durationFrom({ min: '0s', max: '1h' }, '0s', 'Time from one line to the next'),
  ),
  read: option(
    '<all|line|n>',
    text(
      'all',
      'How to read the reply: all = as it arrives, line = line by line, n = at most n bytes at a time',
      readMode,
    ),
  ),
  keepOpen: flag('Send no FIN after everything is sent'),
  dialTimeout: option(
    '<duration>',
    durationFrom({ min: '1ms', max: '1h' }, '5s', 'How long lookup and connect may take'),
  ),
  readTimeout: option(
    '<duration>',
    durationFrom(
      IDLE_TIMES,
      '5s',
      'How long the peer may send nothing after everything is sent; 0s = for ever',
    ),
  ),
  writeTimeout: option(
    '<duration>',
    durationFrom(IDLE_TIMES, '5s', 'How long the peer may accept no data; 0s = for ever'),
  ),
  keepalive: optional('<duration>', keepAliveKey()),
  udp: flag('Send datagrams, one with all data or one for each line, and wait for a reply to each'),
  json: flag('Print the result as JSON'),
};

type Line = CommandLine<typeof sendOptions>;
type Typed = TypedOptions<typeof sendOptions>;

export interface SendCommand extends SendOptions {
  readonly read: ReadMode;
}

/**
 * @param stdin sent when no option says what to send; undefined where it is a terminal
 * @throws UsageError
 */
export function readSendOptions(line: Line, stdin: Readable | undefined): SendCommand {
  const { typed, values } = line;
  const protocol = values.udp ? 'udp' : 'tcp';
  const endpoint = line.operand('HOST:PORT', '192.0.2.7:7', (operand) => readEndpoint(operand, protocol));
  for (const problem of [...contradictions(typed), ...streamOnly(typed)]) line.problem(problem);
  return {
    ...line.done({ endpoint }).endpoint,
    protocol,
    outgoing: outgoingOf(values, stdin),
    read: values.read,
    keepOpen: values.keepOpen,
    dialTimeoutMs: values.dialTimeout,
    readTimeoutMs: values.readTimeout,
    writeTimeoutMs: values.writeTimeout,
    keepAliveMs: values.keepalive,
  };
}

function contradictions({ data, each, interval, lines }: Typed): string[] {
  const problems: string[] = [];
  if (data !== undefined && lines !== undefined) {
    problems.push('--data and --lines both say what to send: give one of them');
  }
  if (lines === undefined && each !== undefined)
    problems.push('--each says what a line is: give --lines too');
  if (lines === undefined && interval !== undefined) {
    problems.push('--interval is the time between lines: give --lines too');
  }
  return problems;
}

function streamOnly(typed: Typed): string[] {
  if (!typed.udp) return [];
  const given = (['read', 'writeTimeout', 'keepalive', 'keepOpen'] as const).filter(
    (name) => typed[name] !== undefined,
  );
  return given.map(
    (name) => `--${flagOf(name)} is about a connection, which --udp does not have: leave one of them out`,
  );
}

function outgoingOf(
  { data, each, interval: intervalMs, lines: count }: Line['values'],
  stdin: Readable | undefined,
): Outgoing {
  if (data !== undefined) return { kind: 'data', bytes: data };
  if (count !== undefined) return { kind: 'lines', count, each, intervalMs };
  return stdin ? { kind: 'stream', stream: stdin } : { kind: 'nothing' };
}

function readMode(value: string): ReadMode {
  if (value === 'all' || value === 'line') return value;
  const bytes = /^\d{1,7}$/.test(value) ? Number(value) : 0;
  if (bytes >= 1 && bytes <= MAX_READ_BYTES) return bytes;
  throw new Error(`must be all, line or a number of bytes from 1 to ${MAX_READ_BYTES}`);
}

/** The kernel counts in seconds, at most 32767 of them (`MAX_TCP_KEEPIDLE` of Linux). */
function keepAliveKey(): Key<number> {
  const doc =
    'Silence after which the system sends TCP keep-alive probes, one each second; ten without a reply end the ' +
    'connection (default: no probes)';
  const key = durationFrom({ min: '1s', max: '9h' }, '15s', doc);
  return {
    ...key,
    parse(value) {
      const milliseconds = key.parse(value);
      if (milliseconds % 1_000 !== 0) throw new Error('must be a whole number of seconds');
      return milliseconds;
    },
  };
}
