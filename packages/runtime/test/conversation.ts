import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** How a TCP connection ended, as its client sees it. */
export type End = 'FIN' | 'RST';

/** A client that sends one message and waits for the reply. */
export class Conversation implements Disposable {
  readonly socket: Socket;
  readonly ended: Promise<End>;

  static async open(port: number, host = '127.0.0.1'): Promise<Conversation> {
    const socket = connect({ port, host, allowHalfOpen: true });
    await once(socket, 'connect');
    return new Conversation(socket);
  }

  /** Whether a new connection is refused with RST, which may come before or after the client sees it open. */
  static async isRefused(port: number, host = '127.0.0.1'): Promise<boolean> {
    const socket = connect({ port, host }).resume();
    try {
      // Rejects when the socket fails first.
      await once(socket, 'end');
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    }
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      socket.once('end', () => resolve('FIN'));
      socket.once('error', () => resolve('RST'));
    });
    socket.resume();
  }

  say(text: string): void {
    this.socket.write(text);
  }

  /** Sends a message. @returns the reply, or how the connection ended instead */
  async ask(text: string): Promise<string> {
    const reply = once(this.socket, 'data').then(([chunk]) => String(chunk));
    this.say(text);
    return Promise.race([reply, this.ended]);
  }

  close(): void {
    this.socket.end();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
