import { connect, type Socket } from 'node:net';
import type { CountedListener } from './accounting.ts';

/** Far longer than a reply on loopback takes, and longer than the deadlines of the services. Milliseconds. */
export const REPLY_TIMEOUT_MS = 30_000;
const NEW_CONNECTION = 'l4_tcp_connections_accepted_total';

/** The received bytes are not the expected ones. */
export class IntegrityError extends Error {
  override readonly name = 'IntegrityError';
}

/** One connection of a client that checks every received byte and keeps the counts that the service must show. */
export class Conversation {
  readonly #socket: Socket;
  readonly #to: CountedListener;
  #failure: NodeJS.ErrnoException | undefined;
  #wake: () => void = () => {};

  static async open(to: CountedListener): Promise<Conversation> {
    const { port } = to;
    const conversation = new Conversation(connect({ port, host: '127.0.0.1', allowHalfOpen: true }), to);
    const socket = conversation.#socket;
    while (socket.connecting) await conversation.#change();
    if (socket.destroyed) throw new Error(`no connection: ${conversation.#failure?.code}`);
    to.add(NEW_CONNECTION, 1);
    return conversation;
  }

  private constructor(socket: Socket, to: CountedListener) {
    this.#socket = socket;
    this.#to = to;
    for (const event of ['connect', 'readable', 'drain', 'end', 'close'])
      socket.on(event, () => this.#wake());
    socket.on('error', (error) => {
      this.#failure = error;
      this.#wake();
    });
  }

  /** @param isSure false where this end may close before the service has read the bytes or replied */
  send(bytes: Uint8Array, isSure = true): void {
    this.#to.add('l4_tcp_received_bytes_total', isSure ? bytes.length : 0, isSure ? 0 : bytes.length);
    this.#socket.write(bytes);
  }

  /** Records that the service may have sent this many bytes that this client never reads. */
  mayLose(bytes: number): void {
    this.#to.add('l4_tcp_sent_bytes_total', 0, bytes);
  }

  /** Waits until the kernel has taken all sent bytes; false when the connection broke meanwhile. */
  async sent(): Promise<boolean> {
    while (this.#socket.writableNeedDrain && !this.#socket.destroyed) await this.#change();
    return !this.#socket.destroyed;
  }

  /** Expects these bytes next. */
  async expect(wanted: Buffer): Promise<void> {
    const bytes = await this.#take(() => this.#socket.read(wanted.length));
    if (bytes.equals(wanted)) return;
    const at = bytes.findIndex((byte, index) => byte !== wanted[index]);
    throw new IntegrityError(
      at < 0
        ? `${bytes.length} of ${wanted.length} bytes came back`
        : `byte ${at} of ${wanted.length} differs`,
    );
  }

  /** Reads up to and including the next such byte. */
  async until(byte: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    return this.#take(() => {
      const chunk = this.#socket.read() as Buffer | null;
      const end = chunk?.indexOf(byte) ?? -1;
      if (chunk && end < 0) parts.push(chunk);
      if (!chunk || end < 0) return null;
      if (end + 1 < chunk.length) this.#socket.unshift(chunk.subarray(end + 1));
      return Buffer.concat([...parts, chunk.subarray(0, end + 1)]);
    });
  }

  /** Sends FIN, and expects the service's FIN without bytes before it. */
  async finish(): Promise<void> {
    this.shutDown();
    await this.ended('client');
  }

  /** Sends FIN; pending replies still come. */
  shutDown(): void {
    this.#socket.end();
  }

  /** Expects the service's FIN next, counted with this reason. */
  async ended(reason: 'client' | 'server' | 'idle' | 'protocol'): Promise<void> {
    for (;;) {
      const chunk = this.#socket.read() as Buffer | null;
      if (chunk) throw new IntegrityError(`${chunk.length} bytes more than were asked for`);
      if (this.#socket.readableEnded) break;
      if (this.#socket.destroyed) throw this.#broken();
      await this.#change();
    }
    this.#socket.end();
    await this.#gone(reason);
  }

  /** Sends RST. */
  async reset(): Promise<void> {
    this.#socket.resetAndDestroy();
    await this.#gone('reset');
  }

  /** Expects RST from the service. */
  async wasReset(reason: 'write_timeout'): Promise<void> {
    while (!this.#socket.destroyed) await this.#change();
    if (!this.#failure) throw new Error('the service sent FIN where RST was due');
    await this.#gone(reason);
  }

  /** Closes the socket after any failure; completed exchanges are already counted. */
  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #gone(reason: string): Promise<void> {
    this.#to.addBy('l4_tcp_connections_closed_total', { reason });
    this.#to.add('l4_tcp_connection_duration_seconds_count', 1);
    while (!this.#socket.closed) await this.#change();
  }

  async #take(attempt: () => Buffer | null): Promise<Buffer> {
    for (;;) {
      const bytes = attempt();
      if (bytes) {
        this.#to.add('l4_tcp_sent_bytes_total', bytes.length);
        return bytes;
      }
      if (this.#socket.readableEnded || this.#socket.destroyed) throw this.#broken();
      await this.#change();
    }
  }

  #broken(): Error {
    return new Error(`the connection ended with ${this.#failure?.code ?? 'FIN'} where an answer was due`);
  }

  /** The next event of the socket. */
  #change(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`nothing came for ${REPLY_TIMEOUT_MS} ms`)),
      REPLY_TIMEOUT_MS,
    );
    this.#wake = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  }
}
