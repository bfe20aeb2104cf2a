import {
  type FormatName,
  formats,
  openZone,
  type ParsedDaytime,
  parseDaytime,
} from '@echo-daytime/daytime-format';
import { expectedAnswer } from '../fuzz/parsers/dialog.ts';
import { reference } from '../fuzz/parsers/proxy-header.ts';
import { helpLines } from '../fuzz/parsers/session.ts';
import type { Mode } from '../listeners.ts';
import { promise } from '../scenario.ts';

/** Defaults of DIALOG_MAX_MESSAGE and MAX_REQUEST. Bytes. */
const MAX_MESSAGE = 2_048;
const MAX_REQUEST = 128;
const MESSAGE_TOO_LONG = `error: message longer than ${MAX_MESSAGE} bytes`;
const REQUEST_TOO_LONG = `error: request longer than ${MAX_REQUEST} bytes; send the name of a format, or help`;
export const DEFAULT_FORMAT = 'rfc867';
const utc = openZone('UTC');
const NS_PER_MS = 1_000_000n;
/** Maximum difference between a fresh reply and the time of this machine, even a busy one. Milliseconds. */
const MAX_OFF_MS = 60_000;

/**
 * @param stream all bytes sent before the FIN
 * @param pieces number of packets, which may have gaps between them
 * @throws Error when this is not the right reply to the stream
 */
export function checkAnswer(mode: Mode, answer: Buffer, stream: Buffer, pieces: number): void {
  try {
    checkSent(mode, answer, behindHeader(mode, stream), pieces);
  } catch (error) {
    // On a busy machine the header timeout may expire before the rest of the header is sent.
    if (pieces <= 1 || mode.header === '') throw error;
    checkSent(mode, answer, mode.env.PROXY_PROTOCOL === 'required' ? undefined : stream, pieces);
  }
}

/** @param sent bytes for the protocol; undefined where the source of the connection never became known */
function checkSent(mode: Mode, answer: Buffer, sent: Buffer | undefined, pieces: number): void {
  if (sent === undefined) checkBytes(answer, '');
  else if (mode.listener === 'echo-tcp') checkBytes(answer, sent.toString('latin1'));
  else if (mode.listener === 'daytime-tcp') checkDaytime(answer.toString('latin1'), DEFAULT_FORMAT);
  else if (mode.listener === 'session-tcp') checkSession(answer, sent, pieces);
  else if (mode.env.DIALOG_DELIMITER === '') checkChunks(answer, sent.toString('latin1'), pieces);
  else checkBytes(answer, expectedAnswer(sent.toString('latin1'), '\t', MAX_MESSAGE).expected);
}

/**
 * The bytes for the protocol after the header. With an optional header, the beginning of a header is data when the FIN
 * follows.
 */
function behindHeader({ header, env }: Mode, stream: Buffer): Buffer | undefined {
  if (header === '') return stream;
  const read = reference(stream);
  if (read.state === 'complete') return stream.subarray(read.length);
  return read.state === 'invalid' || env.PROXY_PROTOCOL === 'required' ? undefined : stream;
}

/** Messages of a dialog without a delimiter: with several pieces, chance decides which bytes one read returns. */
function checkChunks(answer: Buffer, sent: string, pieces: number): void {
  const isLong = sent.length > MAX_MESSAGE;
  const text = answer.toString('latin1');
  if (pieces <= 1) {
    checkBytes(answer, isLong ? MESSAGE_TOO_LONG : sent === '' ? '' : `server got:${sent}`);
    return;
  }
  const isRefused = isLong && text.endsWith(MESSAGE_TOO_LONG);
  const given = (isRefused ? text.slice(0, -MESSAGE_TOO_LONG.length) : text).replaceAll('server got:', '');
  promise(
    isRefused ? sent.startsWith(given) : given === sent,
    () => `answered ${JSON.stringify(text)}, which is not what was sent`,
  );
}

/**
 * A line, or the help, for each request in order, up to the error that ends a session. A gap between two packets may
 * also end a request: then only the number of replies is checked.
 */
function checkSession(answer: Buffer, stream: Buffer, pieces: number): void {
  const given = answersIn(answer.toString('latin1'));
  const { answers, tooLong } = expectedOf(stream.toString('latin1'));
  const exact = tooLong ? [...answers, 'error'] : answers;
  if (pieces <= 1) {
    promise(
      given.join() === exact.join(),
      () => `answered with ${given.join() || 'nothing'} instead of ${exact.join() || 'nothing'}`,
    );
    return;
  }
  // A gap may cut a request that is too long into several valid ones, and then later requests get replies too.
  const most = stream.toString('latin1').split('\n').length + pieces - 1;
  promise(
    given.length >= exact.length && given.length <= most,
    () => `${given.length} answers in place of ${exact.length} to ${most}`,
  );
}

/** The kind of each reply: a format, `help`, `who` or `error`. */
function answersIn(text: string): string[] {
  promise(
    text === '' || text.endsWith('\r\n'),
    () => `the answer ends within a line: ${JSON.stringify(text)}`,
  );
  const lines = text.split('\r\n').slice(0, -1);
  const answers: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at]!;
    if (line === REQUEST_TOO_LONG) {
      promise(at === lines.length - 1, () => 'there is more after the error');
      answers.push('error');
    } else if (line === helpLines[0]) {
      const help = lines.slice(at, at + helpLines.length);
      promise(
        help.join() === helpLines.join(),
        () => `the help goes on with ${JSON.stringify(help.slice(1))}`,
      );
      at += helpLines.length - 1;
      answers.push('help');
    } else if (line.startsWith('who ')) answers.push('who');
    else answers.push(checkDaytime(`${line}\r\n`));
  }
  return answers;
}

/** The expected replies to a stream without gaps. */
function expectedOf(stream: string): { answers: string[]; tooLong: boolean } {
  const requests = stream.split('\n');
  if (requests.at(-1) === '') requests.pop();
  const long = requests.findIndex((request) => request.replace(/\r$/, '').length > MAX_REQUEST);
  const answered = long < 0 ? requests : requests.slice(0, long);
  const answers = answered.map((request) =>
    /^\s*(help|who)\s*$/i.test(request) ? request.trim().toLowerCase() : expectedFormat(request),
  );
  return { answers, tooLong: long >= 0 };
}

/** Checks a line with the current time. @returns its format */
export function checkDaytime(line: string, format?: FormatName): ParsedDaytime['format'] {
  const read = parseDaytime(line, format === undefined ? { zone: utc } : { zone: utc, format });
  const off = Date.now() - Number(read.instant / NS_PER_MS);
  promise(Math.abs(off) < MAX_OFF_MS, () => `${JSON.stringify(line)} is ${off} ms off`);
  return read.format;
}

function checkBytes(answer: Buffer, expected: string): void {
  const text = answer.toString('latin1');
  promise(
    text === expected,
    () => `answered ${JSON.stringify(text)}, expected was ${JSON.stringify(expected)}`,
  );
}

/** Maximum length of a format name with white space around it; a longer request names no format. Bytes. */
const LONGEST_NAME = 16;
const NAME = new RegExp(`^\\s*(${formats.join('|')})\\s*$`, 'i');

/** The format that a request names, by another algorithm than that of the services. */
export function expectedFormat(request: string): FormatName {
  const [, name] = request.length > LONGEST_NAME ? [] : (NAME.exec(request) ?? []);
  return (name?.toLowerCase() as FormatName | undefined) ?? DEFAULT_FORMAT;
}
