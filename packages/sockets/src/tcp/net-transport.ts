import type { Socket } from 'node:net';
import { plainAddress } from '@echo-daytime/addresses';
import { descriptorOf } from '../descriptors.ts';
import type { Endpoint } from '../endpoint.ts';
import type { SendQueues } from './send-queues.ts';
import { brokenBy, MAX_UNREAD_BYTES, type TcpTransport, type TransportEvents } from './transport.ts';

/** A socket of `net.Server`: Node and its event loop do the work, on every system. */
export class NetTransport implements TcpTransport {
  readonly descriptor: number;
  readonly #socket: Socket;
  #writtenBytes = 0;
  #toldSentBytes = 0;
  #pendingBytes = 0;
  /** Closes the socket, which both sides have ended while the peer may have left much unread. */
  #close: (() => void) | undefined;
  #isClosing = false;

  /** @param socket made with `allowHalfOpen`: when it ends is the protocol's business */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.descriptor = descriptorOf(socket);
    // One that is refused has nobody else who listens; 'close' follows.
    socket.on('error', () => {});
    // Node closes a socket when both sides have ended. After a long reply the deadlines do, once the peer has read it.
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

  get pendingBytes(): number {
    // A destroyed stream forgets what it still held, as if it had been sent.
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
    // The part that libuv holds; the socket's own count goes down only when a whole chunk is out.
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
    // A chunk that is longer than the stream's buffer counts as too much even when the kernel has all of it.
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
    // libuv refuses to reset a socket whose FIN it is about to send, and Node would never close it then.
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
