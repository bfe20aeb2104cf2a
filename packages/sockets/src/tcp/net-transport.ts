import type { Socket } from 'node:net';
import { plainAddress } from '@echo-daytime/addresses';
import { descriptorOf } from '../descriptors.ts';
import type { Source } from '../udp/addresses.ts';
import type { SendQueues } from './send-queues.ts';
import type { TcpWire, WireEvents } from './transport.ts';

/** A socket of `net.Server`: Node and its event loop do the work, on every system. */
export class PlainWire implements TcpWire {
  readonly descriptor: number;
  readonly #socket: Socket;
  #owedBytes = 0;

  /** @param socket made with `allowHalfOpen`: when it ends is the protocol's business */
  constructor(socket: Socket) {
    this.#socket = socket;
    this.descriptor = descriptorOf(socket);
    // One that is refused has nobody else who listens; 'close' follows.
    socket.on('error', () => {});
  }

  get peer(): Source | undefined {
    const { remoteAddress, remotePort = 0 } = this.#socket;
    return remoteAddress === undefined
      ? undefined
      : { address: plainAddress(remoteAddress), port: remotePort };
  }

  get local(): Source {
    const { localAddress = '', localPort = 0 } = this.#socket;
    return { address: plainAddress(localAddress), port: localPort };
  }

  get owedBytes(): number {
    // A destroyed stream forgets what it still held, as if it had been sent.
    const { destroyed, writableFinished, writableLength } = this.#socket;
    if (!destroyed || writableFinished) this.#owedBytes = writableLength;
    return this.#owedBytes;
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

  attach(events: WireEvents): void {
    this.#socket
      .on('data', (chunk: Buffer) => events.received(chunk))
      .on('end', () => events.ended())
      .on('drain', () => events.drained())
      .on('error', (error: NodeJS.ErrnoException) => events.failed(error.code ?? 'UNKNOWN'))
      .on('close', () => events.closed());
  }

  send(): number {
    return 0;
  }

  queue(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
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
    void this.owedBytes;
    this.#socket.destroy();
  }

  reset(): void {
    void this.owedBytes;
    this.#socket.resetAndDestroy();
  }

  setTimer(milliseconds: number, task: () => void): NodeJS.Timeout {
    return setTimeout(task, milliseconds);
  }

  yieldTurn(next: () => void): void {
    setImmediate(next);
  }
}
