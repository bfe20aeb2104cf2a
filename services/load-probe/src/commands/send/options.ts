import type { Readable } from 'node:stream';
import { unescapeC } from '@echo-daytime/c-escapes';
import { type Key, text, wholeNumber } from '@echo-daytime/runtime';
import { OptionReader } from '../../cli/option-reader.ts';
import { durationFrom } from '../../cli/ranged-keys.ts';
import { readEndpoint } from '../../targets/endpoint.ts';
import { type LineTemplate, type Outgoing, readLineTemplate } from './outgoing.ts';
import type { ReadMode } from './pieces.ts';
import type { SendOptions } from './run.ts';

const MAX_LINES = 1_000_000;
const MAX_READ_BYTES = 1024 ** 2;
const PATIENCE = { min: '0s', max: '24h' };

export const sendKeys = {
  data: text('', String.raw`What to send, with the escapes of C: \r\n \t \0 \xHH`, unescapeC),
  lines: wholeNumber(
    { min: 1, max: MAX_LINES },
    '10',
    'Send this many lines, and read the answers meanwhile',
  ),
  each: eachKey(),
  interval: durationFrom({ min: '0s', max: '1h' }, '0s', 'From one line to the next'),
  read: readKey(),
  dialTimeout: durationFrom({ min: '1ms', max: '1h' }, '5s', 'How long lookup and connect may take'),
  readTimeout: durationFrom(
    PATIENCE,
    '5s',
    'How long the peer may be silent while nothing is left to send; 0s = for ever',
  ),
  writeTimeout: durationFrom(
    PATIENCE,
    '5s',
    'How long the peer may take nothing of what is sent; 0s = for ever',
  ),
  keepalive: keepAliveKey(),
};

/** The options as they were typed; undefined where they were not. */
export type GivenSendOptions = { readonly [Name in keyof typeof sendKeys]?: string | undefined } & {
  readonly udp?: true;
  readonly keepOpen?: true;
};

export interface SendCommand extends SendOptions {
  readonly read: ReadMode;
}

/**
 * @param args what is not an option
 * @param stdin what is sent when no option says what; none when a person sits there
 * @throws UsageError
 */
export function readSendOptions(
  args: readonly string[],
  given: GivenSendOptions,
  stdin: Readable | undefined,
): SendCommand {
  const reader = new OptionReader(args);
  const protocol = given.udp ? 'udp' : 'tcp';
  const endpoint = reader.operand('HOST:PORT', '192.0.2.7:7', (operand) => readEndpoint(operand, protocol));
  const data = reader.readIfGiven('--data', given.data, sendKeys.data);
  const lines = reader.readIfGiven('--lines', given.lines, sendKeys.lines);
  const each = reader.read('--each', given.each, sendKeys.each);
  const intervalMs = reader.read('--interval', given.interval, sendKeys.interval);
  const read = reader.read('--read', given.read, sendKeys.read);
  const dialTimeoutMs = reader.read('--dial-timeout', given.dialTimeout, sendKeys.dialTimeout);
  const readTimeoutMs = reader.read('--read-timeout', given.readTimeout, sendKeys.readTimeout);
  const writeTimeoutMs = reader.read('--write-timeout', given.writeTimeout, sendKeys.writeTimeout);
  const keepAliveMs = reader.readIfGiven('--keepalive', given.keepalive, sendKeys.keepalive);
  for (const problem of [...contradictions(given), ...streamOnly(given)]) reader.problem(problem);
  const outgoing = outgoingOf({ data, lines, each, intervalMs }, stdin);
  const keepOpen = given.keepOpen === true;
  const timeouts = { dialTimeoutMs, readTimeoutMs, writeTimeoutMs };
  const options = reader.done({ endpoint, protocol, outgoing, read, keepOpen, ...timeouts } as const);
  return { ...options, ...options.endpoint, keepAliveMs };
}

function contradictions({ data, each, interval, lines }: GivenSendOptions): string[] {
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

function streamOnly(given: GivenSendOptions): string[] {
  if (!given.udp) return [];
  const options = [
    { option: '--read', value: given.read },
    { option: '--write-timeout', value: given.writeTimeout },
    { option: '--keepalive', value: given.keepalive },
    { option: '--keep-open', value: given.keepOpen },
  ];
  return options
    .filter(({ value }) => value !== undefined)
    .map(({ option }) => `${option} is about a connection, which --udp does not have: leave one of them out`);
}

function outgoingOf(
  given: {
    readonly data: Buffer | undefined;
    readonly lines: number | undefined;
    readonly each: LineTemplate;
    readonly intervalMs: number;
  },
  stdin: Readable | undefined,
): Outgoing {
  const { data, each, intervalMs, lines: count } = given;
  if (data !== undefined) return { kind: 'data', bytes: data };
  if (count !== undefined) return { kind: 'lines', count, each, intervalMs };
  return stdin ? { kind: 'stream', stream: stdin } : { kind: 'nothing' };
}

function eachKey(): Key<LineTemplate> {
  const doc =
    'Template of a line, with the escapes of C; {n} is its number; a line feed is added unless it ends with a ' +
    'control character of its own';
  return text('line {n}', doc, readLineTemplate);
}

function readKey(): Key<ReadMode> {
  const doc = 'How to read the answer: all as it arrives, by line, or at most so many bytes at a time';
  return text<ReadMode>('all', doc, (value) => {
    if (value === 'all' || value === 'line') return value;
    const bytes = /^\d{1,7}$/.test(value) ? Number(value) : 0;
    if (bytes >= 1 && bytes <= MAX_READ_BYTES) return bytes;
    throw new Error(`must be all, line or a number of bytes from 1 to ${MAX_READ_BYTES}`);
  });
}

/** The kernel counts in seconds, at most 32767 of them (`MAX_TCP_KEEPIDLE` of Linux). */
function keepAliveKey(): Key<number> {
  const doc =
    'Silence after which the system asks whether the peer is still there, then each second; ten questions without ' +
    'an answer end the connection (default: it never asks)';
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
