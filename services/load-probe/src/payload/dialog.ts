import { unescapeC } from '@echo-daytime/c-escapes';
import type { SampleResult } from '../sampling/outcome.ts';

/** The settings of a dialog target, as the user wrote them. */
export interface DialogSettings {
  /** With C escapes; empty = every chunk that arrives is a message. */
  readonly delimiter: string;
  /** The expected answer, with C escapes and `{message}`, without the delimiter. */
  readonly expect: string;
}

export const defaultDialog: DialogSettings = { delimiter: '\\t', expect: 'server got:{message}' };

/** An answer that is longer than this without a delimiter is not read any further. */
export const MAX_ANSWER_BYTES = 64 * 1024;
const MESSAGE = '{message}';
const SHOWN_BYTES = 60;

/** One message of a dialog and its right answer. */
export interface DialogTurn {
  readonly request: Buffer;
  readonly answer: Buffer;
}

/** Makes the messages of a dialog and their right answers from its settings. */
export class Dialog {
  readonly delimiter: Buffer;
  readonly #expected: readonly Buffer[];

  /** @param settings as `dialogProblem` accepts them */
  constructor({ delimiter, expect }: DialogSettings) {
    this.delimiter = unescapeC(delimiter);
    this.#expected = expect.split(MESSAGE).map(unescapeC);
  }

  /** The message is unique for each sample, so that the answer to another sample is not taken for this one's. */
  turn(run: number, sequence: number): DialogTurn {
    const message = Buffer.from(messageText(run, sequence));
    const parts = this.#expected.flatMap((part, index) => (index === 0 ? [part] : [message, part]));
    return {
      request: Buffer.concat([message, this.delimiter]),
      answer: Buffer.concat([...parts, this.delimiter]),
    };
  }
}

/** Judges a complete answer. */
export function judgeDialog(answer: Buffer, expected: Buffer): SampleResult {
  if (answer.equals(expected)) return { outcome: 'ok' };
  return { outcome: 'corrupt', detail: `the answer is ${quoted(answer)}, expected was ${quoted(expected)}` };
}

/** What is wrong with the text of a delimiter, to complete the sentence "delimiter=…"; undefined if nothing is wrong. */
export function delimiterProblem(text: string): string | undefined {
  try {
    const bytes = unescapeC(text);
    if (/^[\w-]+$/.test(bytes.toString('latin1'))) {
      return 'must have a character that is no letter, digit, underscore or hyphen: messages are made of those';
    }
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** As `delimiterProblem`, for an expected answer. */
export function expectProblem(text: string): string | undefined {
  if (text === '') return 'must not be empty: an answer is what a sample waits for';
  const unknown = [...text.matchAll(/\{[^{}]*\}/g)].find(([placeholder]) => placeholder !== MESSAGE);
  if (unknown) return `must not hold ${unknown[0]}: the one placeholder is ${MESSAGE}`;
  try {
    unescapeC(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function messageText(run: number, sequence: number): string {
  return `probe-${run.toString(16).padStart(8, '0')}-${sequence}`;
}

function quoted(bytes: Buffer): string {
  const shown = JSON.stringify(bytes.subarray(0, SHOWN_BYTES).toString('latin1'));
  return bytes.length > SHOWN_BYTES ? `${shown}… (${bytes.length} bytes)` : shown;
}
