import { Socket, type SocketConstructorOpts } from 'node:net';
import type { DuplexOptions } from 'node:stream';
import type { TcpCalls } from './native/tcp-calls.ts';

/**
 * As much as one read may bring, and so as much as is kept for a peer that does not read: thousands of those have to fit
 * into a small container. A read that fills the buffer is followed by another one: more than the 16 KiB that many
 * protocols send at once. Bytes.
 */
const READ_BYTES = 20 * 1024;

/** Takes what was read. The bytes are there during the call alone. */
export type Receive = (chunk: Buffer) => void;

/** Makes an accepted connection a socket, whose bytes go to `receive`. */
export type OpenWire = (receive: Receive) => TcpWire;

/** A socket with a short way to the kernel, where there is one. */
export class TcpWire {
  readonly socket: Socket;
  readonly #calls: TcpCalls | undefined;
  readonly #fd: number;

  constructor(socket: Socket, calls?: TcpCalls, fd = -1) {
    this.socket = socket;
    this.#calls = calls;
    this.#fd = fd;
  }

  /** How many of the bytes the kernel took at once. Only while the socket itself owes the peer nothing. */
  send(chunk: Uint8Array): number {
    if (!this.#isOpen) return 0;
    // What went wrong comes up again, in the way of all errors, when the socket is given the rest.
    return Math.max(0, this.#calls?.write(this.#fd, chunk) ?? 0);
  }

  /** Sends FIN at once; false where only the socket can. Only while the socket itself owes the peer nothing. */
  shutdown(): boolean {
    return this.#isOpen && this.#calls?.shutdown(this.#fd) === true;
  }

  /** A destroyed socket has closed its descriptor, and the next connection may have that number. */
  get #isOpen(): boolean {
    return this.#calls !== undefined && !this.socket.destroyed;
  }
}

/** A socket as `net.Server` makes it: Node allocates for every read. */
export function plainWire(socket: Socket): OpenWire {
  return (receive) => {
    socket.on('data', receive);
    return new TcpWire(socket);
  };
}

/** What Node's listener hands over for an accepted connection. */
export interface TcpHandle {
  readonly fd: number;
}

/** Makes the wires of one listener: all read into the same buffer. */
export class DirectWires {
  readonly #calls: TcpCalls;
  readonly #buffer = Buffer.from(new ArrayBuffer(READ_BYTES));
  /** What was last handed out: reads of one length, one after the other, need one view. */
  #view = this.#buffer;

  constructor(calls: TcpCalls) {
    this.#calls = calls;
  }

  ofHandle(handle: TcpHandle): OpenWire {
    return (receive) => this.#wire({ handle }, handle.fd, receive);
  }

  ofDescriptor(fd: number): OpenWire {
    return (receive) => {
      try {
        return this.#wire({ fd }, fd, receive);
      } catch (error) {
        this.#calls.close(fd);
        throw error;
      }
    };
  }

  #wire(source: { handle: TcpHandle } | { fd: number }, fd: number, receive: Receive): TcpWire {
    const options: SocketConstructorOpts & DuplexOptions = {
      ...(source as SocketConstructorOpts),
      allowHalfOpen: true,
      // The socket is given what the kernel would not take, so whatever it holds means that the peer is behind.
      writableHighWaterMark: 1,
      onread: {
        buffer: this.#buffer,
        callback: (bytes: number): boolean => {
          if (bytes !== this.#view.length) this.#view = this.#buffer.subarray(0, bytes);
          receive(this.#view);
          return true;
        },
      },
    };
    return new TcpWire(new Socket(options), this.#calls, fd);
  }
}
