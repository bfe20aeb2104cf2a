import { type FormatName, formatDescriptions, formats, requestedFormat } from '@echo-daytime/daytime-format';
import { type TcpConnection, type TcpHandler, type TcpProtocol, TURN_BYTES } from '@echo-daytime/sockets';
import { synLine } from './syn-line.ts';

/**
 * A request without a newline ends when no byte follows for this long, because a client that sends a bare word waits for
 * the reply before it sends more. Milliseconds.
 */
const QUIET_GAP_MS = 10;
/**
 * The same for a request that may be half a word. With Nagle's algorithm (RFC 896) the second write of a client waits for
 * the ACK of the first, which a host may delay by 200 ms. Milliseconds.
 */
const HALF_WORD_GAP_MS = 250;
const HELP_WORD = 'help';
const SYN_WORD = 'syn';
const WHO_WORD = 'who';
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const NOTHING = Buffer.alloc(0);

export interface SessionOptions {
  /** The format of a request that names none. */
  readonly format: FormatName;
  /** Longest request without its newline, bytes; a longer request ends the session. */
  readonly maxRequest: number;
  /** Whether the request `syn` is answered with the SYN of the connection; off by default. */
  readonly tellsSyn?: boolean;
  /** The reply to the request `who`; undefined, the default, is none. */
  readonly responder?: string | undefined;
  /** The line of this moment. */
  line(format: FormatName): Uint8Array;
}

/** A long-lived connection. Every request picks the format of its reply line. */
export function sessionTcp(options: SessionOptions): TcpProtocol {
  const vocabulary = vocabularyOf(options);
  return (connection) => new Session(connection, { ...options, ...vocabulary });
}

interface Vocabulary {
  /** Every request that has a reply of its own. */
  readonly words: readonly string[];
  /** The reply to `help`. */
  readonly help: Buffer;
  /** The reply to `who`. */
  readonly who: Buffer | undefined;
}

function vocabularyOf({ responder, tellsSyn }: SessionOptions): Vocabulary {
  const descriptions = [
    ...formats.map((format) => [format, formatDescriptions[format]] as const),
    ...(tellsSyn ? [[SYN_WORD, 'the SYN of this connection, as it was received'] as const] : []),
    ...(responder
      ? [[WHO_WORD, 'who answers: the names of its pod, node and zone, or its host'] as const]
      : []),
  ];
  const lines = [
    'A request is the name of a format and a newline. Anything else gets the default format.',
    ...descriptions.map(([word, description]) => `${word.padEnd(12)} ${description}`),
    '',
  ];
  return {
    words: [...descriptions.map(([word]) => word), HELP_WORD],
    help: Buffer.from(lines.join('\r\n')),
    who: responder === undefined ? undefined : Buffer.from(`${WHO_WORD} ${responder}\r\n`),
  };
}

class Session implements TcpHandler {
  readonly #connection: TcpConnection;
  readonly #options: SessionOptions & Vocabulary;
  /** Bytes read and not answered yet. */
  #pending: Buffer = NOTHING;
  #clientEnded = false;
  /** The last request ended with a quiet gap: a newline that comes now still belongs to it. */
  #endedByGap = false;
  #gap: NodeJS.Timeout | undefined;
  #synReply: Buffer | undefined;

  constructor(connection: TcpConnection, options: SessionOptions & Vocabulary) {
    this.#connection = connection;
    this.#options = options;
  }

  data(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    if (this.#endedByGap) {
      // Half a line end: the next byte shows whether it ends the last request or begins one.
      if (this.#pending.length === 1 && this.#pending[0] === CARRIAGE_RETURN) return;
      this.#pending = withoutLeadingNewline(this.#pending);
      this.#endedByGap = false;
    }
    this.#serve();
  }

  end(): void {
    this.#clientEnded = true;
    this.#serve();
  }

  writable(): void {
    this.#serve();
  }

  /** Answers whole requests while the connection accepts replies, then decides about a request without its end. */
  #serve(): void {
    clearTimeout(this.#gap);
    for (let replies = this.#nextReplies(); replies.length > 0; replies = this.#nextReplies()) {
      if (!this.#connection.write(replies)) return;
    }
    // A copy: the few bytes that are left must not keep the whole chunk in memory.
    this.#pending = Buffer.from(this.#pending);
    const { maxRequest } = this.#options;
    if (requestBytes(this.#pending) > maxRequest) {
      this.#connection.write(tooLongReply(maxRequest));
      this.#connection.end('protocol');
    } else if (this.#clientEnded) {
      if (this.#pending.length > 0 && !this.#endedByGap) this.#connection.write(this.#replyTo(this.#pending));
      this.#connection.end();
    } else if (this.#pending.length > 0 && !this.#endedByGap) {
      const gapMs = isHalfWord(this.#pending, this.#options.words) ? HALF_WORD_GAP_MS : QUIET_GAP_MS;
      this.#gap = this.#connection.setTimer(gapMs, () => this.#gapPassed());
    }
  }

  /** Replies to pipelined requests, at most a turn's worth; empty when no request is whole. */
  #nextReplies(): Buffer {
    const replies: Uint8Array[] = [];
    let bytes = 0;
    while (bytes < TURN_BYTES) {
      const end = this.#pending.indexOf(NEWLINE);
      if (end < 0) break;
      const request = this.#pending.subarray(0, end);
      if (requestBytes(request) > this.#options.maxRequest) break;
      this.#pending = this.#pending.subarray(end + 1);
      const reply = this.#replyTo(request);
      replies.push(reply);
      bytes += reply.length;
    }
    return Buffer.concat(replies);
  }

  #gapPassed(): void {
    if (!this.#connection.isOpen) return;
    const request = this.#pending;
    this.#pending = NOTHING;
    this.#endedByGap = true;
    this.#connection.write(this.#replyTo(request));
  }

  #replyTo(request: Buffer): Uint8Array {
    const { help, tellsSyn, who } = this.#options;
    const text = textOf(request).trimEnd();
    if (text === HELP_WORD) return help;
    if (tellsSyn && text === SYN_WORD) return this.#tellSyn();
    if (who && text === WHO_WORD) return who;
    return this.#options.line(requestedFormat(request) ?? this.#options.format);
  }

  /** The connection gives its SYN once, so the reply is kept. */
  #tellSyn(): Uint8Array {
    this.#synReply ??= Buffer.from(`${synLine(this.#connection)}\r\n`);
    return this.#synReply;
  }
}

/** A request as it is compared with words: in lower case, without leading white space. */
function textOf(request: Buffer): string {
  return request.toString('latin1').trimStart().toLowerCase();
}

/** Whether the request is the beginning of a word: `time`, but not `timestamp`. */
function isHalfWord(request: Buffer, words: readonly string[]): boolean {
  const text = textOf(request);
  return text !== '' && !words.includes(text) && words.some((word) => word.startsWith(text));
}

/** Length without the carriage return that belongs to the newline. */
function requestBytes(request: Buffer): number {
  return request.at(-1) === CARRIAGE_RETURN ? request.length - 1 : request.length;
}

function tooLongReply(maxRequest: number): Buffer {
  return Buffer.from(
    `error: request longer than ${maxRequest} bytes; send the name of a format, or help\r\n`,
  );
}

function withoutLeadingNewline(bytes: Buffer): Buffer {
  const start = bytes[0] === CARRIAGE_RETURN ? 1 : 0;
  return bytes[start] === NEWLINE ? bytes.subarray(start + 1) : bytes;
}
