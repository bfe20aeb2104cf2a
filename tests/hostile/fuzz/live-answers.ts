import { type FormatName, openZone, type ParsedDaytime, parseDaytime } from '@echo-daytime/daytime-format';
import { expectedFormat } from './expected-format.ts';
import { promise } from './fuzzed-parser.ts';
import { expectedAnswer } from './parsers/dialog.ts';
import { reference } from './parsers/proxy-header.ts';
import { helpLines } from './parsers/session.ts';

const DIALOG_MAX_MESSAGE = 2_048;
const MAX_REQUEST = 128;
const TOO_LONG = `error: request longer than ${MAX_REQUEST} bytes; send the name of a format, or help`;
export const DEFAULT_FORMAT = 'rfc867';
const utc = openZone('UTC');
const NS_PER_MS = 1_000_000n;
/** How far an answer that was just given may be from the time of this machine, however busy. Milliseconds. */
const MAX_OFF_MS = 60_000;

/** What the checks take for granted, as the services' configuration has it. */
export const LIVE_SETTINGS = {
  DIALOG_MAX_MESSAGE: String(DIALOG_MAX_MESSAGE),
  MAX_REQUEST: String(MAX_REQUEST),
  FORMAT: DEFAULT_FORMAT,
  TZ: 'UTC',
};

/**
 * @param stream all that was sent before the FIN
 * @param pieces in how many packets; more than one may come with gaps between them
 * @throws Error when this is not what a connection is answered with
 */
export type AnswerCheck = (answer: Buffer, stream: Buffer, pieces: number) => void;

export function checkDialog(answer: Buffer, stream: Buffer): void {
  const { expected } = expectedAnswer(stream.toString('latin1'), '\t', DIALOG_MAX_MESSAGE);
  checkBytes(answer, Buffer.from(expected, 'latin1'));
}

/** Behind a header of a trusted proxy everything comes back, and without one all of it: a FIN ends the wait for more. */
export function checkProxied(answer: Buffer, stream: Buffer): void {
  const header = reference(stream);
  if (header.state === 'invalid') checkBytes(answer, Buffer.alloc(0));
  else checkBytes(answer, header.state === 'complete' ? stream.subarray(header.length) : stream);
}

/**
 * A line, or the help, for each request in its order, up to the error that ends a session. A gap between two packets may
 * end a request as well: then it is the number of answers that is bounded.
 */
export function checkSession(answer: Buffer, stream: Buffer, pieces: number): void {
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
  // Cut by a gap, a request that was too long may be some that are not; what comes behind it is answered then.
  const most = stream.toString('latin1').split('\n').length + pieces - 1;
  promise(
    given.length >= exact.length && given.length <= most,
    () => `${given.length} answers in place of ${exact.length} to ${most}`,
  );
}

/** What each answer is: a format, `help` or `error`. */
function answersIn(text: string): string[] {
  promise(
    text === '' || text.endsWith('\r\n'),
    () => `the answer ends within a line: ${JSON.stringify(text)}`,
  );
  const lines = text.split('\r\n').slice(0, -1);
  const answers: string[] = [];
  while (lines.length > 0) {
    const line = lines.shift()!;
    if (line === TOO_LONG) {
      promise(lines.length === 0, () => 'there is more after the error');
      answers.push('error');
    } else if (line === helpLines[0]) {
      const rest = lines.splice(0, helpLines.length - 1);
      promise(
        rest.join() === helpLines.slice(1).join(),
        () => `the help goes on with ${JSON.stringify(rest)}`,
      );
      answers.push('help');
    } else answers.push(checkDaytime(`${line}\r\n`));
  }
  return answers;
}

/** What is owed to a stream that comes at once. */
function expectedOf(stream: string): { answers: string[]; tooLong: boolean } {
  const requests = stream.split('\n');
  if (requests.at(-1) === '') requests.pop();
  const long = requests.findIndex((request) => request.replace(/\r$/, '').length > MAX_REQUEST);
  const answered = long < 0 ? requests : requests.slice(0, long);
  const answers = answered.map((request) =>
    /^\s*help\s*$/i.test(request) ? 'help' : expectedFormat(request, DEFAULT_FORMAT),
  );
  return { answers, tooLong: long >= 0 };
}

/** A daytime of just now; its format. */
export function checkDaytime(line: string, format?: FormatName): ParsedDaytime['format'] {
  const read = parseDaytime(line, format === undefined ? { zone: utc } : { zone: utc, format });
  const off = Date.now() - Number(read.instant / NS_PER_MS);
  promise(Math.abs(off) < MAX_OFF_MS, () => `${JSON.stringify(line)} is ${off} ms off`);
  return read.format;
}

function checkBytes(answer: Buffer, expected: Buffer): void {
  promise(answer.equals(expected), () => {
    const [got, wanted] = [answer, expected].map((bytes) => JSON.stringify(bytes.toString('latin1')));
    return `answered ${got}, expected was ${wanted}`;
  });
}
