import type { Socket } from 'node:net';
import { plainAddress } from '@echo-daytime/addresses';
import type { SavedSyns, SynHeader } from '@echo-daytime/linux';
import { descriptorOf } from '../descriptors.ts';
import type { Endpoint } from '../endpoint.ts';
import type { SendQueues } from './send-queues.ts';
import { brokenBy, MAX_UNREAD_BYTES, type TcpTransport, type TransportEvents } from './transport.ts';

/** A socket of `net.Server`, on Node's event loop; works on every system. */
export class NetTransport implements TcpTransport {
  readonly descriptor: number;
  readonly #socket: Socket;
  readonly #syns: SavedSyns | undefined;
  #writtenBytes = 0;
  #toldSentBytes = 0;
  #pendingBytes = 0;
  /** Closes the socket: set when both sides have sent FIN and the peer may still have much to read. */
  #close: (() => void) | undefined;
  #isClosing = false;

  /** @param socket made with `allowHalfOpen`: the protocol decides when to send FIN */
  constructor(socket: Socket, syns?: SavedSyns) {
    this.#socket = socket;
    this.#syns = syns;
    this.descriptor = descriptorOf(socket);
    // A refused connection has no other error handler; 'close' follows.
    socket.on('error', () => {});
    // Node closes a socket when both sides have sent FIN. After a long reply `checkDeadlines` does, once the peer has
    // read it.
    const close = socket._destroy;
    socket._destroy = (error, done) => {
      this.#close = () => close.call(socket, error, done);
      if (error || this.#isClosing || this.#writtenBytes <= MAX_UNREAD_BYTES) this.#closeNow();
    };
  }

  get peer(): Endpoint | undefined {
    const { remoteAddress, remotePort = 0 } = this.#socket;
    return remoteAddress === undefined
      ? undefined
      : { address: plainAddress(remoteAddress), port: remotePort };
  }

  get local(): Endpoint {
    const { localAddress = '', localPort = 0 } = this.#socket;
    return { address: plainAddress(localAddress), port: localPort };
  }

  takeSyn(): SynHeader | undefined {
    const fd = descriptorOf(this.#socket);
    return fd < 0 ? undefined : this.#syns?.take(fd);
  }

  get pendingBytes(): number {
    // A destroyed stream reports its unsent bytes as if they had been sent.
    const { destroyed, writableFinished, writableLength } = this.#socket;
    if (!destroyed || writableFinished) this.#pendingBytes = writableLength;
    return this.#pendingBytes;
  }

  get isHolding(): boolean {
    return false;
  }

  takeSentBytes(): number {
    const sent = this.#writtenBytes - this.pendingBytes;
    const bytes = sent - this.#toldSentBytes;
    this.#toldSentBytes = sent;
    return bytes;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  get isBehind(): boolean {
    return this.#socket.writableNeedDrain;
  }

  get isPaused(): boolean {
    return this.#socket.isPaused();
  }

  unacknowledged(queues: SendQueues): number | undefined {
    // The part that libuv holds: the count of the socket goes down only when a whole chunk is sent.
    const { _handle: handle } = this.#socket as unknown as {
      readonly _handle?: { readonly writeQueueSize?: number };
    };
    return queues.unacknowledged(descriptorOf(this.#socket), handle?.writeQueueSize ?? 0);
  }

  attach(events: TransportEvents): void {
    this.#socket
      .on('data', (chunk: Buffer) => events.received(chunk))
      .on('end', () => events.ended())
      .on('drain', () => events.writable())
      .on('error', (error: NodeJS.ErrnoException) => events.failed(brokenBy(error.code ?? 'UNKNOWN')))
      .on('close', () => events.closed());
  }

  write(chunk: Uint8Array): boolean {
    this.#writtenBytes += chunk.length;
    const accepted = this.#socket.write(Uint8Array.prototype.slice.call(chunk));
    // For a chunk longer than the stream's buffer, `write` returns false even when the kernel has taken all of it.
    return accepted || this.pendingBytes === 0;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    void this.pendingBytes;
    this.#isClosing = true;
    this.#socket.destroy();
    this.#closeNow();
  }

  reset(): void {
    if (this.#isClosing) return;
    void this.pendingBytes;
    this.#isClosing = true;
    const { writableEnded, writableFinished, writableLength } = this.#socket;
    // libuv refuses to reset a socket whose FIN it is about to send, and Node would then never close the socket.
    const isSendingFin = writableEnded && !writableFinished && writableLength === 0;
    if (isSendingFin) this.#socket.once('finish', () => this.#resetNow());
    else this.#resetNow();
  }

  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout {
    return setTimeout(task, milliseconds);
  }

  yieldTurn(next: () => void): void {
    setImmediate(next);
  }

  #resetNow(): void {
    this.#socket.resetAndDestroy();
    this.#closeNow();
  }

  #closeNow(): void {
    this.#close?.();
    this.#close = undefined;
  }
}
