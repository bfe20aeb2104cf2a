import { readConfig } from '@echo-daytime/runtime';
import type { TcpProtocol } from '@echo-daytime/sockets';
import { CounterBlock } from '@echo-daytime/worker';
import { keys } from '../../../../services/echo/src/config.ts';
import { dialogTcp } from '../../../../services/echo/src/dialog/dialog-tcp.ts';
import { promise } from '../../scenario.ts';
import type { FuzzedParser } from '../parsers.ts';
import { converse } from '../peer-connection.ts';
import { readPieces, writePieces } from '../pieces.ts';

const COUNTERS_BYTES = 64;
const MAX_MESSAGE = 64;
const DELIMITERS = ['\\t', '\\r\\n', 'aab'];

interface Dialog {
  readonly delimiter: string;
  readonly protocol: TcpProtocol;
}

const dialogs: readonly Dialog[] = DELIMITERS.map((dialogDelimiter) => {
  const block = new CounterBlock(new SharedArrayBuffer(COUNTERS_BYTES));
  const messages = block.counter('messages', 'Messages answered.');
  const env = { DIALOG_DELIMITER: dialogDelimiter, DIALOG_MAX_MESSAGE: String(MAX_MESSAGE) };
  const delimiter = dialogDelimiter.replace('\\t', '\t').replace('\\r\\n', '\r\n');
  return { delimiter, protocol: dialogTcp(readConfig(keys, { env, args: [] }), messages) };
});

/** A whole dialog: every message gets one reply, in order, however the peer sends and reads. */
export const parser: FuzzedParser = {
  name: 'dialog',
  inputs: { brief: 1_000, full: 100_000 },
  batch: 1_000,
  maxBytes: 2_048,
  covers: [
    'services/echo/src/dialog/dialog-tcp.ts',
    'services/echo/src/dialog/framing.ts',
    'services/echo/src/dialog/template.ts',
  ],
  leastCoverage: 84,
  dictionary: ['\\t', '\\t\\t\\t', '\\r\\n', '\\r', 'aab', 'aa', 'hello', '{message}', 'error: ', '\\0'],
  seeds: DELIMITERS.flatMap((_, index) => {
    const { delimiter } = dialogs[index]!;
    return [0, 1].map((slow) =>
      writePieces(2 * index + slow, `one${delimiter}`, 'tw', `o${delimiter}${delimiter}`, 'rest'),
    );
  }),

  attempt(input) {
    const { setting, pieces } = readPieces(input);
    const { delimiter, protocol } = dialogs[(setting >> 1) % dialogs.length]!;
    const { answer, reason } = converse(protocol, pieces, setting % 2 === 1);
    const stream = Buffer.concat(pieces.map(({ bytes }) => bytes)).toString('latin1');
    const { expected, answered, tooLong } = expectedAnswer(stream, delimiter, MAX_MESSAGE);
    const got = answer.toString('latin1');
    promise(
      got === expected,
      () => `answered ${JSON.stringify(got)}, expected was ${JSON.stringify(expected)}`,
    );
    promise(reason === (tooLong ? 'protocol' : 'server'), () => `ended with reason ${reason}`);
    return `${setting % (2 * dialogs.length)}: ${Math.min(4, answered)} answers, ${reason}`;
  },
};

export interface ExpectedAnswer {
  readonly expected: string;
  /** Number of messages that get a reply. */
  readonly answered: number;
  readonly tooLong: boolean;
}

/** The complete output of a dialog for a stream that ends with FIN. */
export function expectedAnswer(stream: string, delimiter: string, maxBytes: number): ExpectedAnswer {
  const messages = stream.split(delimiter);
  // The bytes before the FIN are a message too, unless there are none.
  if (messages.at(-1) === '') messages.pop();
  const long = messages.findIndex(({ length }) => length > maxBytes);
  const answered = long < 0 ? messages : messages.slice(0, long);
  const error = long < 0 ? [] : [`error: message longer than ${maxBytes} bytes${delimiter}`];
  const expected = [...answered.map((message) => `server got:${message}${delimiter}`), ...error].join('');
  return { expected, answered: answered.length, tooLong: long >= 0 };
}
