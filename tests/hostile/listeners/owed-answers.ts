import { expect } from 'vitest';
import { expectedAnswer } from '../fuzz/parsers/dialog.ts';
import { leaks } from '../leaks.ts';
import type { Door } from './fleet.ts';

/** What a door owes to all that it was sent before the FIN, in one piece. */
export function answerTo(door: Door, sent: string): RegExp {
  const request = requestIn(door, sent);
  // Nobody knows whose connection it is.
  if (request === undefined) return NO_ANSWER;
  switch (door.listener) {
    case 'echo-tcp':
      return exactly(request);
    case 'dialog-tcp': {
      // Where a message has no delimiter it is what one read took: here all of it.
      const messages = takesChunks(door) ? [request] : request.split('\t');
      const end = takesChunks(door) ? '' : '\t';
      // What the FIN ended is a message too, unless it is nothing.
      const answered = messages.filter((message) => message !== '');
      return exactly(answered.map((message) => `server got:${message}${end}`).join(''));
    }
    case 'daytime-tcp':
      return door.answer;
    case 'session-tcp':
      // A line for each request, one that the FIN ended included.
      return new RegExp(`^([^\r\n]+\r\n){${request.split('\n').filter((line) => line !== '').length}}$`);
  }
}

const NO_ANSWER = /^$/;

function exactly(answer: string): RegExp {
  return new RegExp(`^${RegExp.escape(answer)}$`);
}

function takesChunks({ listener, request }: Door): boolean {
  return listener === 'dialog-tcp' && !request.endsWith('\t');
}

/**
 * What is left for the protocol once the header is off. Half a header is data where one may be missing, and nothing
 * at all where none may.
 */
function requestIn({ name, header }: Door, sent: string): string | undefined {
  if (header !== '' && sent.startsWith(header)) return sent.slice(header.length);
  return name.endsWith('PROXY required') ? undefined : sent;
}

/** Bytes; the default of `DIALOG_MAX_MESSAGE`. */
const MAX_MESSAGE = 2_048;
const DIALOG_ANSWERS = /^((?:server got:.*?)?)(error: message longer than 2048 bytes\t?)?$/s;

/** What may be said of the answer to junk: behind a header, only the parser knows where that ends. */
export function expectOwed(door: Door, sent: string, answer: string): void {
  switch (door.listener) {
    case 'echo-tcp':
      expectEnd(door, sent, answer);
      break;
    case 'dialog-tcp':
      if (door.name === 'dialog-tcp') {
        expectSame(answer, expectedAnswer(sent, '\t', MAX_MESSAGE).expected);
      } else {
        // What one read takes is a matter of chance; without the words between them it is what was sent.
        const [, answers = 'no answer of a dialog', tooLong] = DIALOG_ANSWERS.exec(answer) ?? [];
        const text = answers.replaceAll('server got:', '').replaceAll('\t', '');
        const messages = sent.replaceAll('\t', '');
        if (tooLong === undefined) expectEnd(door, messages, text);
        else expect(messages.includes(text), `answered ${text.length} bytes that were not sent`).toBe(true);
      }
      break;
    case 'daytime-tcp':
      if (door.header === '' || answer !== '') expect(answer).toMatch(door.answer);
      break;
    case 'session-tcp':
      expect(answer).toMatch(/^(?:[^\r\n]+\r\n)*$/);
      expect(leaks(answer)).toEqual([]);
  }
}

/** All of it where there is no header. */
function expectEnd({ header }: Door, sent: string, answer: string): void {
  expectSame(answer, header === '' ? sent : sent.slice(sent.length - answer.length));
}

/** The difference of two such texts is nothing to look at. */
function expectSame(answer: string, owed: string): void {
  expect(answer === owed, `answered ${answer.length} bytes where ${owed.length} others are owed`).toBe(true);
}
