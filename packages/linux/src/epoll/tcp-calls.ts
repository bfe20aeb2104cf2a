import { SocketAddress } from 'node:net';
import { getSystemErrorMap } from 'node:util';
import {
  IPPROTO_TCP,
  SHUT_WR,
  SIOCOUTQ,
  SO_LINGER,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../constants.ts';
import type { Libc } from '../ffi.ts';
import { type Endpoint, SOCKADDR, SocketAddresses } from '../sockaddr.ts';

/**
 * The system calls on TCP sockets. Three arguments at most where they are made often: calls with more take V8's slow
 * path. All memory that is handed out lies in ArrayBuffers of this object, which live as long as it does.
 */
export class TcpCalls {
  readonly #libc: Libc;
  readonly #call;
  /** struct sockaddr_in or sockaddr_in6 that was asked for last, and its length. */
  readonly #sockaddr = new ArrayBuffer(SOCKADDR.bytes);
  readonly #sockaddrLength = Uint32Array.of(SOCKADDR.bytes);
  readonly #addresses = new SocketAddresses(this.#sockaddr, 0, 1, SOCKADDR.bytes);
  readonly #queued = Int32Array.of(0);
  readonly #on = Int32Array.of(1);
  /** struct linger: on, for 0 seconds. */
  readonly #noLinger = Int32Array.of(1, 0);
  readonly #errorNames = getSystemErrorMap();

  /** @throws Error where the C library lacks one of them */
  constructor(libc: Libc) {
    this.#libc = libc;
    this.#call = libc.functions({
      accept4: { arguments: ['i32', 'pointer', 'pointer', 'i32'], return: 'i32' },
      read: { arguments: ['i32', 'pointer', 'u64'], return: 'i32' },
      write: { arguments: ['i32', 'pointer', 'u64'], return: 'i32' },
      shutdown: { arguments: ['i32', 'i32'], return: 'i32' },
      close: { arguments: ['i32'], return: 'i32' },
      getsockname: { arguments: ['i32', 'pointer', 'pointer'], return: 'i32' },
      setsockopt: { arguments: ['i32', 'i32', 'i32', 'pointer', 'u32'], return: 'i32' },
      ioctl: { arguments: ['i32', 'u64', 'pointer'], return: 'i32' },
    });
  }

  /**
   * The next connection of the queue, not inherited by children and not blocking; or -1. `lastAddress` is its peer's.
   *
   * @param open of OpenDescriptors. The note comes right behind the system call: V8 ends a thread at the next call or
   * loop, and what is not noted would stay open.
   */
  accept(listening: number, open: Uint8Array): number {
    this.#sockaddrLength[0] = SOCKADDR.bytes;
    const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = this.#call.accept4(listening, this.#sockaddr, this.#sockaddrLength.buffer, flags);
    if (fd >= 0) open[fd] = 1;
    return fd;
  }

  /** Our end of a connection. */
  localAddress(fd: number): Endpoint {
    this.#sockaddrLength[0] = SOCKADDR.bytes;
    this.#call.getsockname(fd, this.#sockaddr, this.#sockaddrLength.buffer);
    return this.lastAddress();
  }

  /** The address that the call before told. */
  lastAddress(): Endpoint {
    const address = this.#addresses.address(0);
    return {
      address: address.includes(':') ? new SocketAddress({ address, family: 'ipv6' }).address : address,
      port: this.#addresses.port(0),
    };
  }

  /** How many bytes came, 0 at the peer's FIN, or -1. The memory is the caller's to keep. */
  read(fd: number, to: bigint, size: bigint): number {
    return this.#call.read(fd, to, size);
  }

  /** Hands bytes to the kernel: how many it took at once, or -1. */
  write(fd: number, chunk: Uint8Array): number {
    // As libuv does it: Node ignores SIGPIPE, so a peer that is gone shows as an error alone.
    return this.#call.write(fd, chunk, BigInt(chunk.length));
  }

  /** The same for bytes whose place is known: half the cost of the call. */
  writeFrom(fd: number, from: bigint, length: bigint): number {
    return this.#call.write(fd, from, length);
  }

  /** What the kernel holds and the peer has not acknowledged, bytes (tcp(7), SIOCOUTQ); undefined where it does not tell. */
  unacknowledged(fd: number): number | undefined {
    return this.#call.ioctl(fd, SIOCOUTQ, this.#queued.buffer) < 0 ? undefined : this.#queued[0];
  }

  /** Sends FIN behind what the kernel holds. */
  shutdown(fd: number): void {
    this.#call.shutdown(fd, SHUT_WR);
  }

  /** @param open as of `accept`, for what was accepted */
  close(fd: number, open: Uint8Array): void {
    // Before: a number that is free may be somebody else's the next moment.
    open[fd] = 0;
    this.#call.close(fd);
  }

  /** Closes with RST, whatever is not sent or not read. */
  abort(fd: number, open: Uint8Array): void {
    const { buffer, byteLength } = this.#noLinger;
    this.#call.setsockopt(fd, SOL_SOCKET, SO_LINGER, buffer, byteLength);
    open[fd] = 0;
    this.#call.close(fd);
  }

  /** Sends every small reply at once; connections accepted from here on inherit it. */
  setNoDelay(listening: number): void {
    const { buffer, byteLength } = this.#on;
    this.#call.setsockopt(listening, IPPROTO_TCP, TCP_NODELAY, buffer, byteLength);
  }

  /** Why the call before failed, such as `EAGAIN`. */
  errorCode(): string {
    return this.#errorNames.get(-this.#libc.errno())?.[0] ?? 'UNKNOWN';
  }

  /** Where bytes are that this caller keeps reachable. */
  addressOf(memory: ArrayBuffer): bigint {
    return this.#libc.addressOf(memory);
  }
}
