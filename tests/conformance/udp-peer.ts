import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { isIPv6 } from 'node:net';
import { changesWithin } from './listening.ts';
import type { Endpoint } from './target.ts';
import { Silence, Violation } from './violation.ts';

/** UDP may lose a datagram without anybody being at fault. */
const ATTEMPTS = 3;
const BUFFER_BYTES = 1024 * 1024;

/** A UDP client that receives from its server only: a datagram from another address or port is not a reply. */
export class UdpPeer implements Disposable {
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #events = new EventEmitter<{ change: [] }>();
  readonly #datagrams: Buffer[] = [];
  #failure: string | undefined;

  static async connect({ host, port, timeoutMs }: Endpoint): Promise<UdpPeer> {
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      recvBufferSize: BUFFER_BYTES,
      sendBufferSize: BUFFER_BYTES,
    });
    const peer = new UdpPeer(socket, timeoutMs);
    socket.connect(port, host);
    await once(socket, 'connect');
    return peer;
  }

  private constructor(socket: Socket, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.on('message', (datagram: Buffer) => {
      this.#datagrams.push(datagram);
      this.#events.emit('change');
    });
    // A connected socket learns of ICMP answers: port unreachable, or no route.
    socket.on('error', (error: NodeJS.ErrnoException) => this.#fail(error));
  }

  send(datagram: Uint8Array): void {
    this.#socket.send(datagram, (error) => {
      if (error) this.#fail(error);
    });
  }

  /** Of what is sent from now on. */
  setTtl(ttl: number): void {
    this.#socket.setTTL(ttl);
  }

  /** The next datagram. */
  async receive(timeoutMs = this.#timeoutMs): Promise<Buffer> {
    for (;;) {
      const datagram = this.#datagrams.shift();
      if (datagram) return datagram;
      if (this.#failure !== undefined) throw new Violation(`no answer: ${this.#failure}`);
      if (await changesWithin(this.#events, timeoutMs)) continue;
      throw new Silence(`no answer from this address and port within ${timeoutMs} ms`);
    }
  }

  async ask(datagram: Uint8Array): Promise<Buffer> {
    this.send(datagram);
    try {
      return await this.receive();
    } catch (error) {
      if (error instanceof Silence) throw new Silence(`${datagram.length} bytes sent: ${error.message}`);
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#failure = error.code ?? error.message;
    this.#events.emit('change');
  }
}

/** Holds one exchange from a fresh source port, and holds it again where silence may be the path's doing. */
export async function overUdp<T>(endpoint: Endpoint, exchange: (peer: UdpPeer) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    using peer = await UdpPeer.connect(endpoint);
    try {
      return await exchange(peer);
    } catch (error) {
      if (!(error instanceof Silence)) throw error;
      if (attempt === ATTEMPTS) throw new Silence(`${error.message}, ${ATTEMPTS} times`);
    }
  }
}
