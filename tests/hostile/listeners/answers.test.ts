import { formatDaytime, formats, openZone } from '@echo-daytime/daytime-format';
import { describe, expect, it } from 'vitest';
import { helpLines } from '../fuzz/parsers/session.ts';
import { modes } from '../listeners.ts';
import { checkAnswer } from './answers.ts';

const NS_PER_MS = 1_000_000n;
const NS_PER_HOUR = 3_600_000_000_000n;
const utc = openZone('UTC');
const now = BigInt(Date.now()) * NS_PER_MS;
const [rfc867, go] = (['rfc867', 'go'] as const).map((format) => formatDaytime(now, format, utc)) as [
  string,
  string,
];
const help = helpLines.map((line) => `${line}\r\n`).join('');
const tooLong = 'error: request longer than 128 bytes; send the name of a format, or help\r\n';
const long = 'x'.repeat(129);

function check(name: string, answer: string, stream: string, pieces = 1): void {
  const mode = modes.find((each) => each.name === name)!;
  checkAnswer(mode, Buffer.from(answer, 'latin1'), Buffer.from(stream, 'latin1'), pieces);
}

describe('the reply to a stream through a proxy', () => {
  const header = 'PROXY TCP4 192.0.2.7 198.51.100.1 40000 7\r\n';

  it.each([
    ['what is behind the header', 'hello', `${header}hello`],
    ['nothing behind a header alone', '', header],
    ['all of it without a header', 'hello\xff', 'hello\xff'],
    ['all of what only begins like a header', 'PROX', 'PROX'],
    ['nothing to a header that is wrong', '', 'PROXY TCP4 1 2 3 4\r\nhello'],
  ])('should be %s', (_what, answer, stream) => {
    expect(() => check('echo-tcp, PROXY optional', answer, stream)).not.toThrow();
  });

  it.each([
    ['nothing', '', `${header}hello`],
    ['the end of it', 'llo', `${header}hello`],
    ['the header too', `${header}hello`, `${header}hello`],
    ['the end of what came without a header', 'o', 'hello'],
    ['something after a header that is wrong', 'hello', 'PROXY TCP4 1 2 3 4\r\nhello'],
  ])('should not be %s', (_what, answer, stream) => {
    expect(() => check('echo-tcp, PROXY optional', answer, stream)).toThrow('expected was');
  });
});

describe('the answer to a session', () => {
  it.each([
    ['a line for each request', `${rfc867}${go}${help}`, '\nGO\r\nhelp'],
    ['nothing to nothing', '', ''],
    ['an error at the end', `${go}${tooLong}`, `go\n${long}\ngo\n`],
  ])('should be %s', (_what, answer, stream) => {
    expect(() => check('session-tcp', answer, stream)).not.toThrow();
  });

  it.each(formats)('should be a line of the format that a request names: %s', (format) => {
    const line = formatDaytime(now, format, utc);
    expect(() => check('session-tcp', line, `${format}\n`)).not.toThrow();
    expect(() => check('session-tcp', format === 'go' ? rfc867 : go, `${format}\n`)).toThrow('instead of');
  });

  it.each([
    ['nothing', '', 'go\n', 'answered with nothing instead of go'],
    ['one line to two requests', go, 'go\ngo\n', 'answered with go instead of go,go'],
    ['a line too many', `${go}${go}`, 'go\n', 'instead of go'],
    ['in another order', `${rfc867}${go}`, 'go\nrfc867\n', 'instead of go,rfc867'],
    ['cut short', go.trimEnd(), 'go\n', 'ends within a line'],
    ['help that is cut short', helpLines.slice(0, 3).join('\r\n').concat('\r\n'), 'help', 'the help goes on'],
    ['who answers in place of the time', 'who host=a\r\n', 'go\n', 'answered with who instead of go'],
    ['lines after the error', `${tooLong}${go}`, `${long}\ngo\n`, 'more after the error'],
    ['a line in place of the error', go, `${long}\n`, 'instead of error'],
    ['the time of an hour ago', formatDaytime(now - NS_PER_HOUR, 'go', utc), 'go\n', 'ms off'],
  ])('should not be %s', (_what, answer, stream, message) => {
    expect(() => check('session-tcp', answer, stream)).toThrow(message);
  });

  it('should be at most one line more for each gap that may have ended a request', () => {
    expect(() => check('session-tcp', go, 'go\n', 2)).not.toThrow();
    expect(() => check('session-tcp', `${rfc867}${rfc867}`, 'go', 2)).not.toThrow();
    expect(() => check('session-tcp', '', 'go\n', 2)).toThrow('0 answers in place of 1 to 3');
    expect(() => check('session-tcp', go.repeat(3), 'go', 2)).toThrow('3 answers in place of 1 to 2');
  });
});

it('should be every message of a dialog, and no other', () => {
  expect(() => check('dialog-tcp', 'server got:a\tserver got:b\t', 'a\tb')).not.toThrow();
  expect(() => check('dialog-tcp', 'server got:a\t', 'a\tb')).toThrow('expected was');
});

it.each([
  ['dialog-tcp, PROXY optional', 'server got:a\tb', 'a\tb', 'server got:a\tserver got:b'],
  ['daytime-tcp', rfc867, 'anything', 'hello'],
  ['daytime-tcp, PROXY required', '', 'PROXY TCP4', rfc867],
])('should be what the mode of a listener makes it: %s', (name, right, stream, wrong) => {
  expect(() => check(name, right, stream)).not.toThrow();
  expect(() => check(name, wrong, stream)).toThrow();
});
