import { socketFailure } from '../../net/failure.ts';
import type { TcpSocket } from '../../net/tcp-socket.ts';
import { endOf, type Transport, type TransportEnd, type TransportEvents } from './transport.ts';

/** A connection that many samples share. */
export class TcpTransport implements Transport {
  readonly kind = 'stream';
  readonly remote: string;
  readonly tcp: TcpSocket;

  /** @param socket connected, paused, without listeners */
  constructor(socket: TcpSocket, remote: string) {
    this.tcp = socket;
    this.remote = remote;
  }

  get isReady(): boolean {
    return !this.tcp.writableNeedDrain;
  }

  attach(events: TransportEvents): void {
    const end = (how: TransportEnd): void => {
      this.close();
      events.ended(how);
    };
    this.tcp.on('error', (error) => end(endOf(socketFailure(error, this.remote))));
    this.tcp.on('drain', () => events.ready());
    this.tcp.on('data', (chunk: Buffer) => events.received(chunk));
    this.tcp.on('end', () => end({ cause: 'fin' }));
  }

  send(bytes: Buffer, sent: () => void): undefined {
    this.tcp.write(bytes, (error) => {
      if (!error) sent();
    });
  }

  silenceHint(): string {
    return '';
  }

  close(): void {
    this.tcp.removeAllListeners();
    // A destroyed socket may still report an error.
    this.tcp.on('error', () => {});
    this.tcp.destroy();
  }
}
