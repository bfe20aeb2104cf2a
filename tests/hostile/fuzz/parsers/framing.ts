import {
  ChunkFraming,
  DelimiterFraming,
  MessageTooLongError,
} from '../../../../services/echo/src/dialog/framing.ts';
import { promise } from '../../scenario.ts';
import type { FuzzedParser } from '../parsers.ts';
import { readPieces, writePieces } from '../pieces.ts';

/** Delimiters that overlap with themselves are the difficult ones. */
const DELIMITERS = ['\t', '\r\n', 'aab', 'aa', 'abab', '\0\0\0\0', '\r\n.\r\n', ''];
const LIMITS_BYTES = [1, 5, 64, 2_048];

/** The messages of a dialog, with any delimiter. */
export const parser: FuzzedParser = {
  name: 'framing',
  inputs: { brief: 2_000, full: 400_000 },
  batch: 5_000,
  maxBytes: 4_096,
  covers: ['services/echo/src/dialog/framing.ts'],
  leastCoverage: 97,
  dictionary: '\\t|\\r\\n|a|aab|ab|abab|\\0\\0\\0|\\r\\n.|.\\r\\n|\\r|aaaaaaaa'.split('|'),
  seeds: DELIMITERS.flatMap((delimiter, index) =>
    LIMITS_BYTES.map((_, limit) =>
      writePieces(index * LIMITS_BYTES.length + limit, 'one', `${delimiter}tw`, `o${delimiter}three`),
    ),
  ),

  attempt(input) {
    const { setting, pieces } = readPieces(input);
    const maxBytes = LIMITS_BYTES[setting % LIMITS_BYTES.length]!;
    const delimiter = DELIMITERS[Math.floor(setting / LIMITS_BYTES.length) % DELIMITERS.length]!;
    const chunks = pieces.map(({ bytes }) => bytes);
    const outcome = frame(chunks, Buffer.from(delimiter, 'latin1'), maxBytes);
    const expected =
      delimiter === ''
        ? expectedChunks(chunks, maxBytes)
        : expectedMessages(Buffer.concat(chunks).toString('latin1'), delimiter, maxBytes);
    promise(
      JSON.stringify(outcome) === JSON.stringify(expected),
      () => `${JSON.stringify(outcome)}, expected was ${JSON.stringify(expected)}`,
    );
    const count = Math.min(4, outcome.messages.length);
    return `${delimiter.length} ${maxBytes}: ${count} messages${outcome.tooLong ? ', too long' : ''}`;
  },
};

interface Outcome {
  readonly messages: readonly string[];
  readonly tooLong: boolean;
}

function frame(chunks: readonly Buffer[], delimiter: Buffer, maxBytes: number): Outcome {
  const messages: string[] = [];
  const reader =
    delimiter.length > 0 ? new DelimiterFraming(delimiter, maxBytes) : new ChunkFraming(maxBytes);
  try {
    for (const chunk of chunks) {
      for (const message of reader.push(chunk)) messages.push(message.toString('latin1'));
    }
    const last = reader.finish();
    if (last) messages.push(last.toString('latin1'));
  } catch (error) {
    if (!(error instanceof MessageTooLongError)) throw error;
    return { messages, tooLong: true };
  }
  return { messages, tooLong: false };
}

/** The expected messages, by the simplest algorithm on the whole stream. */
function expectedMessages(stream: string, delimiter: string, maxBytes: number): Outcome {
  const pieces = stream.split(delimiter);
  const tooLong = pieces.findIndex(({ length }) => length > maxBytes);
  if (tooLong >= 0) return { messages: pieces.slice(0, tooLong), tooLong: true };
  // The last piece has no delimiter; when it is empty there is no message.
  return { messages: pieces.at(-1) === '' ? pieces.slice(0, -1) : pieces, tooLong: false };
}

function expectedChunks(chunks: readonly Buffer[], maxBytes: number): Outcome {
  const tooLong = chunks.findIndex(({ length }) => length > maxBytes);
  const whole = tooLong >= 0 ? chunks.slice(0, tooLong) : chunks;
  return { messages: whole.map((chunk) => chunk.toString('latin1')), tooLong: tooLong >= 0 };
}
