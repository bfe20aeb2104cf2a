import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

/** A UDP client that keeps every datagram it gets. */
export class UdpClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly answers: Buffer[] = [];

  /** @param port its source port; 0 = any free port. Fails with EACCES if this user may not bind it. */
  static async open(address = '127.0.0.1', port = 0): Promise<UdpClient> {
    return new UdpClient(await bound(port === 0 ? await freeEverywhere() : port, address));
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
    try {
      const [message] = (await answer) as [Buffer];
      return message;
    } catch (cause) {
      const { address, port: own } = this.socket.address();
      const path = `from port ${port} of ${host} to port ${own} of ${address}`;
      throw new Error(`no answer ${path} within ${ANSWER_TIMEOUT_MS} ms`, { cause });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.socket.close(resolve));
  }
}

/** Only ends a wait for a lost reply; on loopback a reply takes well under a millisecond. */
const ANSWER_TIMEOUT_MS = 60_000;

async function bound(port: number, address: string): Promise<Socket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  const listening = once(socket, 'listening');
  socket.bind(port, address);
  await listening;
  return socket;
}

/**
 * A port that is free on every address. For 127.0.0.2 the system may choose the port that a service has on 127.0.0.1,
 * and LOOP_GUARD drops what comes from a service's own port.
 */
async function freeEverywhere(): Promise<number> {
  const socket = await bound(0, '::');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}
