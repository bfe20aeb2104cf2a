import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** A UDP client that keeps every datagram it gets. */
export class UdpClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly answers: Buffer[] = [];

  /** @param port of its own; 0 = any. Fails with EACCES where this user may not have it. */
  static async open(address = '127.0.0.1', port = 0): Promise<UdpClient> {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
    const listening = once(socket, 'listening');
    socket.bind(port, address);
    await listening;
    return new UdpClient(socket);
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('message', (message) => this.answers.push(message));
  }

  send(payload: string | Uint8Array, port: number, host = '127.0.0.1'): void {
    this.socket.send(payload, port, host);
  }

  /** Sends, and waits for the next datagram that comes. */
  async ask(payload: string | Uint8Array, port: number, host = '127.0.0.1'): Promise<Buffer> {
    const answer = once(this.socket, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    this.send(payload, port, host);
    const [message] = (await answer) as [Buffer];
    return message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }
}

/** On loopback an answer takes well under a millisecond; this is for a busy machine. */
const ANSWER_TIMEOUT_MS = 5_000;
