import type { Socket } from 'node:net';
import { socketFailure } from '../../net/failure.ts';
import { endOf, type Transport, type TransportEnd, type TransportEvents } from './transport.ts';

/** A connection that many samples share. */
export class TcpTransport implements Transport {
  readonly kind = 'stream';
  readonly remote: string;
  readonly #socket: Socket;

  /** @param socket connected, paused, without listeners */
  constructor(socket: Socket, remote: string) {
    this.#socket = socket;
    this.remote = remote;
  }

  get isReady(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  attach(events: TransportEvents): void {
    const end = (how: TransportEnd): void => {
      this.close();
      events.ended(how);
    };
    this.#socket.on('error', (error) => end(endOf(socketFailure(error, this.remote))));
    this.#socket.on('drain', () => events.ready());
    this.#socket.on('data', (chunk: Buffer) => events.received(chunk));
    this.#socket.on('end', () => end({ cause: 'fin' }));
  }

  send(bytes: Buffer, sent: () => void): undefined {
    this.#socket.write(bytes, (error) => {
      if (!error) sent();
    });
  }

  silenceHint(): string {
    return '';
  }

  close(): void {
    this.#socket.removeAllListeners();
    // A destroyed socket may still report an error.
    this.#socket.on('error', () => {});
    this.#socket.destroy();
  }
}
