import { type FormatName, formatDescriptions, formats, requestedFormat } from '@echo-daytime/daytime-format';
import { type TcpConnection, type TcpHandler, type TcpProtocol, TURN_BYTES } from '@echo-daytime/sockets';

/**
 * A request that comes without a newline is over when nothing follows for this long: clients that send a bare word
 * wait for the answer before they send more. Milliseconds.
 */
const QUIET_GAP_MS = 10;
/**
 * The same for a request that may be half a word: the second write of a client waits until the first is acknowledged
 * (RFC 896), which a host may delay by 200 ms. Milliseconds.
 */
const HALF_WORD_GAP_MS = 250;
const HELP_WORD = 'help';
const WORDS: readonly string[] = [...formats, HELP_WORD];
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const NOTHING = Buffer.alloc(0);

export interface SessionOptions {
  /** The format of a request that names none. */
  readonly format: FormatName;
  /** Longest request without its newline, bytes; a longer one ends the session. */
  readonly maxRequest: number;
  /** The line of this moment. */
  line(format: FormatName): Uint8Array;
}

/** A long-lived connection on which every request picks the format of the line it is answered with. */
export function sessionTcp(options: SessionOptions): TcpProtocol {
  return (connection) => new Session(connection, options);
}

/** What `help` is answered with. */
const HELP = Buffer.from(
  [
    'A request is the name of a format and a newline. Anything else gets the default format.',
    ...formats.map((format) => `${format.padEnd(12)} ${formatDescriptions[format]}`),
    '',
  ].join('\r\n'),
);

class Session implements TcpHandler {
  readonly #connection: TcpConnection;
  readonly #options: SessionOptions;
  /** Read, but not answered yet. */
  #pending: Buffer = NOTHING;
  #peerEnded = false;
  /** The last request ended with a quiet gap: a newline that comes now still belongs to it. */
  #endedByGap = false;
  #gap: NodeJS.Timeout | undefined;

  constructor(connection: TcpConnection, options: SessionOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  data(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    if (this.#endedByGap) {
      // Half a line end: what it belongs to shows with the next byte.
      if (this.#pending.length === 1 && this.#pending[0] === CARRIAGE_RETURN) return;
      this.#pending = withoutLeadingNewline(this.#pending);
      this.#endedByGap = false;
    }
    this.#serve();
  }

  end(): void {
    this.#peerEnded = true;
    this.#serve();
  }

  writable(): void {
    this.#serve();
  }

  /** Answers all that the peer takes the answers to, and settles what to do about a request that has not ended. */
  #serve(): void {
    clearTimeout(this.#gap);
    for (let answers = this.#nextAnswers(); answers.length > 0; answers = this.#nextAnswers()) {
      if (!this.#connection.write(answers)) return;
    }
    // A copy: the few bytes that are left must not keep the whole chunk in memory.
    this.#pending = Buffer.from(this.#pending);
    const { maxRequest } = this.#options;
    if (requestBytes(this.#pending) > maxRequest) {
      this.#connection.write(tooLongAnswer(maxRequest));
      this.#connection.end('protocol');
    } else if (this.#peerEnded) {
      if (this.#pending.length > 0 && !this.#endedByGap) this.#connection.write(this.#answer(this.#pending));
      this.#connection.end();
    } else if (this.#pending.length > 0 && !this.#endedByGap) {
      const gapMs = isHalfWord(this.#pending) ? HALF_WORD_GAP_MS : QUIET_GAP_MS;
      this.#gap = this.#connection.setTimer(gapMs, () => this.#gapPassed());
    }
  }

  /** Takes pipelined requests and answers them together, a turn's worth; empty when none is whole. */
  #nextAnswers(): Buffer {
    const answers: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < TURN_BYTES) {
      const end = this.#pending.indexOf(NEWLINE);
      if (end < 0) break;
      const request = this.#pending.subarray(0, end);
      if (requestBytes(request) > this.#options.maxRequest) break;
      this.#pending = this.#pending.subarray(end + 1);
      const answer = this.#answer(request);
      answers.push(answer);
      bytes += answer.length;
    }
    return Buffer.concat(answers);
  }

  #gapPassed(): void {
    if (!this.#connection.isOpen) return;
    const request = this.#pending;
    this.#pending = NOTHING;
    this.#endedByGap = true;
    this.#connection.write(this.#answer(request));
  }

  #answer(request: Buffer): Uint8Array {
    if (textOf(request).trimEnd() === HELP_WORD) return HELP;
    return this.#options.line(requestedFormat(request) ?? this.#options.format);
  }
}

/** As words are compared: in any case, and with white space before them. */
function textOf(request: Buffer): string {
  return request.toString('latin1').trimStart().toLowerCase();
}

/** Whether more would make it a word, and it is none yet: `time`, but not `timestamp`. */
function isHalfWord(request: Buffer): boolean {
  const text = textOf(request);
  return text !== '' && !WORDS.includes(text) && WORDS.some((word) => word.startsWith(text));
}

/** Without the carriage return that belongs to its newline. */
function requestBytes(request: Buffer): number {
  return request.at(-1) === CARRIAGE_RETURN ? request.length - 1 : request.length;
}

function tooLongAnswer(maxRequest: number): Buffer {
  return Buffer.from(
    `error: request longer than ${maxRequest} bytes; send the name of a format, or help\r\n`,
  );
}

function withoutLeadingNewline(bytes: Buffer): Buffer {
  const start = bytes[0] === CARRIAGE_RETURN ? 1 : 0;
  return bytes[start] === NEWLINE ? bytes.subarray(start + 1) : bytes;
}
