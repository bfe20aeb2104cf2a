import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AnswerPrinter } from './answer-printer.ts';
import type { ReadMode } from './pieces.ts';

/** The output for received chunks, on a terminal or not. */
function printed(mode: ReadMode | 'datagram', isTTY: boolean, chunks: readonly string[]): string {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const printer = new AnswerPrinter(Object.assign(stream, { isTTY }), mode);
  for (const chunk of chunks) printer.receive(Buffer.from(chunk));
  printer.end();
  return text;
}

describe('an answer on a terminal', () => {
  it('should be text with its line ends, and escapes for unprintable bytes', () => {
    expect(printed('all', true, ['HTTP/1.0 200 OK\r\n', 'Ä: \x1b[2J\t\r\n\r\n', 'end'])).toBe(
      'HTTP/1.0 200 OK\nÄ: \\x1b[2J\\t\n\nend\n',
    );
  });

  it('should have a line for each line, each piece and each datagram', () => {
    expect(printed('line', true, ['one\r\ntw', 'o\nrest'])).toBe('one\ntwo\nrest\n');
    expect(printed(4, true, ['one\r\ntwo'])).toBe('one\\r\n\\ntwo\n');
    expect(printed('datagram', true, ['one\n', 'two'])).toBe('one\\n\ntwo\n');
  });
});

describe('an answer in a pipe', () => {
  it.each(['all', 'line', 2, 'datagram'] as const)('should be the bytes as received, read by %s', (mode) => {
    expect(printed(mode, false, ['a\x1b\r\n', '\\b'])).toBe('a\x1b\r\n\\b');
  });
});

describe('a reader that is too slow', () => {
  it('should be waited for', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stream = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => void promise.then(() => done()),
    });
    const writable = new AnswerPrinter(stream, 'all').receive(Buffer.from('much'));
    expect(writable).toBeInstanceOf(Promise);
    resolve();
    await writable;
  });
});
