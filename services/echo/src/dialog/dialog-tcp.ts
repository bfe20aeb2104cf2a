import { unescapeC } from '@echo-daytime/c-escapes';
import {
  endpointText,
  ignore,
  type TcpConnection,
  type TcpHandler,
  type TcpProtocol,
  TURN_BYTES,
} from '@echo-daytime/sockets';
import type { Counter } from '@echo-daytime/worker';
import type { EchoConfig } from '../config.ts';
import { ChunkFraming, DelimiterFraming, MessageTooLongError } from './framing.ts';
import { greetingPlaceholders, Template, type TemplateValues } from './template.ts';

/** The settings that all dialogs of a listener share. */
interface Dialog {
  readonly delimiter: Buffer;
  readonly reply: Template;
  readonly greeting: Template;
  readonly holdMs: number;
  readonly readTimeoutMs: number;
  readonly maxMessageBytes: number;
  readonly messages: Counter;
}

/** Messages instead of a stream: an optional greeting, then a reply to every message. */
export function dialogTcp(config: EchoConfig, messages: Counter): TcpProtocol {
  const dialog: Dialog = {
    delimiter: unescapeC(config.dialogDelimiter),
    reply: new Template(config.dialogReply),
    greeting: new Template(config.dialogGreeting, greetingPlaceholders),
    holdMs: config.dialogHold,
    readTimeoutMs: config.dialogReadTimeout,
    maxMessageBytes: config.dialogMaxMessage,
    messages,
  };
  return (connection) => {
    const { local, source } = connection;
    const names = { local: endpointText(local), remote: endpointText(source) };
    connection.write(dialog.greeting.render({ ...names, message: undefined, count: 0 }));
    if (dialog.holdMs > 0) return hold(connection, dialog.holdMs);
    return new Conversation(connection, dialog, names);
  };
}

/** Keeps the connection open for a time and ignores bytes from the client. A FIN of the client ends it sooner. */
function hold(connection: TcpConnection, milliseconds: number): TcpHandler {
  connection.setDeadline(milliseconds, () => connection.end('server'));
  return { ...ignore, end: () => connection.end() };
}

class Conversation implements TcpHandler {
  readonly #connection: TcpConnection;
  readonly #dialog: Dialog;
  readonly #names: Pick<TemplateValues, 'remote' | 'local'>;
  readonly #framing: DelimiterFraming | ChunkFraming;
  /** Chunks read and not yet split into messages. */
  readonly #chunks: Buffer[] = [];
  /** The messages of the chunk that is being split. */
  #messages: Iterator<Buffer> = [].values();
  #input: 'open' | 'ended' | 'refused' = 'open';
  #count = 0;

  constructor(connection: TcpConnection, dialog: Dialog, names: Pick<TemplateValues, 'remote' | 'local'>) {
    this.#connection = connection;
    this.#dialog = dialog;
    this.#names = names;
    this.#framing =
      dialog.delimiter.length > 0
        ? new DelimiterFraming(dialog.delimiter, dialog.maxMessageBytes)
        : new ChunkFraming(dialog.maxMessageBytes);
    this.#renewDeadline();
  }

  data(chunk: Buffer): void {
    // A copy, because the rest of the chunk waits while the client does not read its replies.
    this.#chunks.push(Buffer.from(chunk));
    this.#serve();
  }

  end(): void {
    this.#input = 'ended';
    this.#serve();
  }

  writable(): void {
    this.#renewDeadline();
    this.#serve();
  }

  /** Answers whole messages while the connection accepts replies; `writable` continues. */
  #serve(): void {
    for (let replies = this.#nextReplies(); replies.length > 0; replies = this.#nextReplies()) {
      const accepted = this.#connection.write(Buffer.concat(replies));
      this.#renewDeadline();
      if (this.#input === 'refused') {
        this.#connection.end('protocol');
        return;
      }
      if (!accepted) return;
    }
    if (this.#input === 'ended') this.#connection.end();
  }

  /** Replies to the next messages, at most a turn's worth; empty when no message is whole. */
  #nextReplies(): Buffer[] {
    const { reply, delimiter, messages } = this.#dialog;
    const replies: Buffer[] = [];
    try {
      for (let bytes = 0; bytes < TURN_BYTES; ) {
        const message = this.#nextMessage();
        if (message === undefined) break;
        this.#count += 1;
        messages.increment();
        const answer = reply.render({ ...this.#names, message, count: this.#count });
        replies.push(answer, delimiter);
        bytes += answer.length + delimiter.length;
      }
    } catch (error) {
      if (!(error instanceof MessageTooLongError)) throw error;
      this.#input = 'refused';
      replies.push(Buffer.from(`error: ${error.message}`), delimiter);
    }
    return replies;
  }

  #nextMessage(): Buffer | undefined {
    for (;;) {
      const { value, done } = this.#messages.next();
      if (!done) return value;
      const chunk = this.#chunks.shift();
      if (!chunk) return this.#input === 'ended' ? this.#framing.finish() : undefined;
      this.#messages = this.#framing.push(chunk);
    }
  }

  #renewDeadline(): void {
    if (this.#dialog.readTimeoutMs === 0) return;
    this.#connection.setDeadline(this.#dialog.readTimeoutMs, () => this.#connection.end('idle'));
  }
}
