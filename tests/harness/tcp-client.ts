import { once } from 'node:events';
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';

/** How a connection ended, as its client saw it: `FIN`, or the code of the error, such as `ECONNRESET`. */
export type TcpEnd = string;

export interface TcpClientOptions {
  readonly host?: string;
  readonly localAddress?: string;
  /** False: reads nothing until `resume`. */
  readonly reading?: boolean;
  /** True: does not answer the server's FIN with a FIN. */
  readonly halfOpen?: boolean;
}

/** A TCP client whose bytes are kept and whose end is a result, not an exception. */
export class TcpClient implements Disposable {
  readonly socket: Socket;
  readonly ended: Promise<TcpEnd>;
  receivedBytes = 0;
  #received: Buffer[] = [];

  /** Starts to connect; `ended` shows the result. */
  constructor(port: number, options: TcpClientOptions = {}) {
    const { host = '127.0.0.1', localAddress, reading = true, halfOpen = false } = options;
    const target: TcpNetConnectOpts = { port, host, allowHalfOpen: halfOpen };
    this.socket = connect(localAddress === undefined ? target : { ...target, localAddress });
    if (!reading) this.socket.pause();
    const { promise, resolve } = Promise.withResolvers<TcpEnd>();
    this.ended = promise;
    this.socket.on('end', () => resolve('FIN'));
    this.socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    this.socket.on('close', () => resolve('closed here'));
    this.socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk);
      this.receivedBytes += chunk.length;
    });
    if (reading) this.socket.resume();
  }

  /** Also resolves for a connection that is reset as soon as it is open, because either event may come first. */
  static async connect(port: number, options: TcpClientOptions = {}): Promise<TcpClient> {
    const client = new TcpClient(port, options);
    try {
      await once(client.socket, 'connect');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    }
    return client;
  }

  /** Everything received since the last call, once that is at least so many bytes or the connection ended. */
  async take(bytes: number): Promise<Buffer> {
    let over = false;
    const ended = this.ended.then(() => {
      over = true;
    });
    while (!over && this.#received.reduce((sum, { length }) => sum + length, 0) < bytes) {
      const waiting = new AbortController();
      const { signal } = waiting;
      await Promise.race([once(this.socket, 'data', { signal }).catch(() => {}), ended]);
      waiting.abort();
    }
    return Buffer.concat(this.#received.splice(0));
  }

  /** Everything until the end of the connection. */
  async takeAll(): Promise<Buffer> {
    return this.take(Number.POSITIVE_INFINITY);
  }

  async ask(text: string): Promise<string> {
    this.socket.write(text);
    return (await this.take(text.length)).toString();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
