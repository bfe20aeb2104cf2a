import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { changesWithin } from './listening.ts';
import type { Endpoint } from './target.ts';
import { Silence, Violation } from './violation.ts';

/** No check expects more; an endless sender is told apart from a slow one by it. */
const MAX_RECEIVED_BYTES = 4 * 1024 * 1024;
/** What is sent at once: less than the kernel takes, so that it shows when it takes no more. */
const PIECE_BYTES = 64 * 1024;
/** A server that accepts no data for this long waits until its replies are read. */
const FULL_AFTER_MS = 250;

type State =
  | { readonly name: 'connecting' }
  | { readonly name: 'open' }
  | { readonly name: 'finished' }
  | { readonly name: 'broken'; readonly code: string };

/** All that came until the conversation was over, and how it ended. */
export interface Conversation {
  readonly bytes: Buffer;
  /** `silence`: the server left the connection open and sent nothing more. */
  readonly ending: 'fin' | 'reset' | 'silence';
}

/** A TCP client that sends its FIN only when a check asks for it. */
export class TcpPeer implements Disposable {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #events = new EventEmitter<{ change: [] }>();
  #state: State = { name: 'connecting' };
  #failure: string | undefined;
  #chunks: Buffer[] = [];
  #pendingBytes = 0;

  /** @throws Violation if there is no connection in time */
  static async connect(endpoint: Endpoint): Promise<TcpPeer> {
    const peer = new TcpPeer(endpoint);
    while (peer.#state.name === 'connecting') await peer.#change('no connection');
    if (peer.#state.name === 'broken') throw new Violation(`no connection: ${peer.#state.code}`);
    return peer;
  }

  private constructor({ host, port, timeoutMs }: Endpoint) {
    this.#timeoutMs = timeoutMs;
    this.#socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    this.#socket.on('connect', () => this.#enter({ name: 'open' }));
    this.#socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#pendingBytes += chunk.length;
      this.#events.emit('change');
    });
    this.#socket.on('end', () => this.#enter({ name: 'finished' }));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure = error.code ?? error.message;
      // What the server sent before its FIN is whole, whatever becomes of our own direction.
      if (this.#state.name !== 'finished') this.#enter({ name: 'broken', code: this.#failure });
    });
    this.#socket.on('close', () => this.#events.emit('change'));
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** FIN: this client has nothing more to say, and still listens. */
  finish(): void {
    this.#socket.end();
  }

  /**
   * Sends bytes and FIN, and reads nothing meanwhile: whoever reads on owes nearly all of them at the FIN, however slow
   * or fast this machine is. A server that takes no more before it is read from is read from.
   */
  async finishUnread(bytes: Buffer): Promise<void> {
    this.#socket.pause();
    for (const event of ['drain', 'finish']) this.#socket.on(event, () => this.#events.emit('change'));
    const pieces = Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, piece) =>
      bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES),
    );
    Readable.from(pieces).pipe(this.#socket);
    let isTaking = true;
    while (isTaking && !this.#socket.writableFinished && !this.#socket.destroyed) {
      isTaking = await changesWithin(this.#events, FULL_AFTER_MS);
    }
    this.#socket.resume();
  }

  /** The next bytes, exactly so many. */
  async receive(count: number): Promise<Buffer> {
    while (this.#pendingBytes < count) {
      const progress = `${this.#pendingBytes} of ${count} bytes had come`;
      if (this.#state.name === 'finished') throw new Violation(`closed by the server when ${progress}`);
      if (this.#state.name === 'broken') throw new Violation(`${this.#state.code} when ${progress}`);
      await this.#change(progress);
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all.subarray(count)];
    this.#pendingBytes = all.length - count;
    return all.subarray(0, count);
  }

  /** Everything until the server's FIN, a reset, or silence for the whole of the time allowed. */
  async receiveUntilOver(): Promise<Conversation> {
    const bytes = (): Buffer => Buffer.concat(this.#chunks);
    for (;;) {
      if (this.#pendingBytes > MAX_RECEIVED_BYTES) throw new Violation('the server does not stop sending');
      if (this.#state.name === 'finished') return { bytes: bytes(), ending: 'fin' };
      if (this.#state.name === 'broken') return { bytes: bytes(), ending: 'reset' };
      try {
        await this.#change('silence');
      } catch (error) {
        if (!(error instanceof Silence)) throw error;
        return { bytes: bytes(), ending: 'silence' };
      }
    }
  }

  /**
   * Sends what is left to send and FIN, and waits for the end of both directions.
   *
   * @throws Violation if the server stays open or does not take it all
   */
  async close(): Promise<void> {
    this.finish();
    while (!this.#socket.closed) await this.#change('not closed');
    if (this.#failure !== undefined)
      throw new Violation(`${this.#failure} when the client was still sending`);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #enter(state: State): void {
    this.#state = state;
    this.#events.emit('change');
  }

  async #change(situation: string): Promise<void> {
    if (await changesWithin(this.#events, this.#timeoutMs)) return;
    if (this.#state.name === 'connecting') this.#socket.destroy();
    throw new Silence(`${situation} after ${this.#timeoutMs} ms of silence`);
  }
}
