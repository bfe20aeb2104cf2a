/**
 * Cuts a stream into messages at a delimiter, wherever the packets are cut: within a message, within the
 * delimiter, within a character. Memory is bounded by the longest message allowed.
 */
export class DelimiterFraming {
  readonly #delimiter: Buffer;
  readonly #maxBytes: number;
  /** The beginning of a message whose delimiter has not arrived yet, with space for more bytes. */
  #room: Buffer = Buffer.alloc(0);
  #restBytes = 0;

  /** @param delimiter at least one byte */
  constructor(delimiter: Buffer, maxBytes: number) {
    this.#delimiter = delimiter;
    this.#maxBytes = maxBytes;
  }

  /**
   * The messages that `chunk` completes, without their delimiters.
   *
   * @throws MessageTooLongError after the messages before it were handed out
   */
  *push(chunk: Buffer): Generator<Buffer> {
    // Earlier bytes hold no delimiter, but their end may hold the beginning of one.
    let searchFrom = Math.max(0, this.#restBytes - this.#delimiter.length + 1);
    const bytes = this.#restBytes > 0 ? this.#append(chunk) : chunk;
    let start = 0;
    for (;;) {
      const end = bytes.indexOf(this.#delimiter, searchFrom);
      if (end < 0) break;
      if (end - start > this.#maxBytes) throw new MessageTooLongError(this.#maxBytes);
      const message = bytes.subarray(start, end);
      start = end + this.#delimiter.length;
      searchFrom = start;
      yield message;
    }
    const rest = bytes.subarray(start);
    if (rest.length > this.#maxBytes && rest.length - this.#begunDelimiter(rest) > this.#maxBytes) {
      throw new MessageTooLongError(this.#maxBytes);
    }
    // A copy: a short rest must neither keep the whole chunk in memory nor overwrite returned messages.
    if (start > 0 || this.#restBytes === 0) this.#room = Buffer.from(rest);
    this.#restBytes = rest.length;
  }

  /** Takes the last message, which the peer ended with FIN instead of a delimiter; undefined when there is none. */
  finish(): Buffer | undefined {
    const rest = this.#room.subarray(0, this.#restBytes);
    this.#restBytes = 0;
    if (rest.length > this.#maxBytes) throw new MessageTooLongError(this.#maxBytes);
    return rest.length > 0 ? rest : undefined;
  }

  /** Appends `chunk` to the rest. The buffer grows by doubling, so that many small chunks cost no more than one. */
  #append(chunk: Buffer): Buffer {
    const length = this.#restBytes + chunk.length;
    if (length > this.#room.length) {
      const room = Buffer.allocUnsafe(Math.max(length, 2 * this.#room.length));
      this.#room.copy(room, 0, 0, this.#restBytes);
      this.#room = room;
    }
    chunk.copy(this.#room, this.#restBytes);
    return this.#room.subarray(0, length);
  }

  /** How many bytes at the end of `rest` may turn out to be the beginning of the delimiter. */
  #begunDelimiter(rest: Buffer): number {
    for (let length = this.#delimiter.length - 1; length > 0; length -= 1) {
      if (rest.subarray(-length).equals(this.#delimiter.subarray(0, length))) return length;
    }
    return 0;
  }
}

/** Every chunk is a message, wherever the network split the stream. */
export class ChunkFraming {
  readonly #maxBytes: number;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *push(chunk: Buffer): Generator<Buffer> {
    if (chunk.length > this.#maxBytes) throw new MessageTooLongError(this.#maxBytes);
    yield chunk;
  }

  finish(): undefined {
    return undefined;
  }
}

export class MessageTooLongError extends Error {
  override readonly name = 'MessageTooLongError';

  constructor(maxBytes: number) {
    super(`message longer than ${maxBytes} bytes`);
  }
}
